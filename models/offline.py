"""What keeps libraries from the network: told to them by the environment, before they are imported."""

from __future__ import annotations

OFFLINE = {"HF_HUB_OFFLINE": "1", "HF_HUB_DISABLE_TELEMETRY": "1", "DO_NOT_TRACK": "1"}
