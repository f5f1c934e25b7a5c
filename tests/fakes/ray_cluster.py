"""A real Ray cluster of two machines on this one, of which one can be pulled out. Ray's daemons are real processes."""

from __future__ import annotations

import contextlib
import os
import socket
import threading
import time
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

# Ray gives its daemons seconds where a busy machine takes minutes; nothing here waits for a time.
_PATIENT = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_worker_register_timeout_seconds": "900",
    "RAY_agent_register_timeout_ms": "900000",
    "RAY_gcs_server_request_timeout_seconds": "300",
    "RAY_health_check_failure_threshold": "100",
}
_PORTS = ("metrics_agent_port", "metrics_export_port", "dashboard_agent_listen_port", "runtime_env_agent_port")
_SLOWER = 20


@contextlib.contextmanager
def two_machines(folder: Path) -> Iterator[tuple[Any, Any]]:
    """The cluster (`ray.cluster_utils.Cluster`) and its second machine, for `cluster.remove_node`. `folder` takes Ray's
    files: its path must be short, for sockets lie there."""
    settings = {**_PATIENT, "RAY_TMPDIR": str(folder)}
    before = {name: os.environ.get(name) for name in settings}
    os.environ.update(settings)
    import ray._private.node
    from ray.cluster_utils import Cluster

    clock = types.SimpleNamespace(sleep=time.sleep, time=time.time, monotonic=lambda: time.monotonic() / _SLOWER)
    kept, ray._private.node.time = ray._private.node.time, clock  # it gives up after thirty seconds
    cluster = Cluster()
    try:
        for _ in range(2):
            with _ports_told(folder) as ports:
                node = cluster.add_node(num_cpus=1, include_dashboard=False, include_log_monitor=False, **ports)
        yield cluster, node
    finally:
        cluster.shutdown()
        ray._private.node.time = kept
        for name, value in before.items():
            os.environ.pop(name, None) if value is None else os.environ.update({name: value})


@contextlib.contextmanager
def _ports_told(folder: Path) -> Iterator[dict[str, int]]:
    """Free ports, written where a machine's agent would write them once it is up: its daemon waits fifteen seconds for
    that, and then ends itself. Nothing here needs the agent."""
    import ray
    from ray._raylet import persist_port

    with contextlib.ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in _PORTS]
        for one in sockets:
            one.bind(("", 0))
        ports = {name: one.getsockname()[1] for name, one in zip(_PORTS, sockets, strict=True)}
    node, up = ray.NodeID.from_random().hex(), threading.Event()

    def tell() -> None:
        while not up.wait(0.05):
            for session in folder.glob("ray/session_2*"):
                for name, port in ports.items():
                    persist_port(str(session), node, name, port)
                return

    os.environ["RAY_OVERRIDE_NODE_ID_FOR_TESTING"] = node
    teller = threading.Thread(target=tell)
    teller.start()
    try:
        yield ports
    finally:
        up.set()
        teller.join()
        del os.environ["RAY_OVERRIDE_NODE_ID_FOR_TESTING"]
