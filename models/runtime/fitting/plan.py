"""Plans for models on this machine: what `models.planning` decides, with what the disk and the device tell."""

from __future__ import annotations

from pathlib import Path

from models.planning.choice import decide as decide
from models.planning.choice import lower as lower
from models.planning.parts import USUAL, Parts, Size
from models.planning.plan import BYTES as BYTES
from models.planning.plan import Dtype as Dtype
from models.planning.plan import Offload as Offload
from models.planning.plan import Plan as Plan
from models.planning.wish import ANY
from models.planning.wish import Wish as Wish
from models.runtime.device import detect


def for_model(path: str | Path, wish: Wish = ANY, size: Size = USUAL) -> Plan:
    """The plan for a model on disk, on this machine as it is now. Raises BadInput where nothing fits."""
    return decide(parts_in(path), detect(), wish, size)


def parts_in(path: str | Path) -> Parts:
    """What the model there weighs, from its configs and heads. Raises BadInput where one is broken."""
    from models.planning.weigh import weigh
    from models.store.files import Files

    return weigh(Files(path))
