"""Chat templates, looked at before a library runs them.

They are Jinja programs that come with a model. Transformers runs them in Jinja's sandbox
(https://jinja.palletsprojects.com/en/stable/sandbox/), which keeps them from Python's inner attributes and from files,
and stops a `range` of more than 100,000; it does not stop loops in loops or giant numbers. What is written plainly
to break out or to never end is refused here. A template that hides its endlessness (macros that call themselves) runs
in the engine alone, where the person can stop it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from models.protocol import BadInput

MAX_CHARS = 256 * 2**10
MAX_LOOPS = 6  # in each other: messages, their parts, their tools, each tool's settings
MAX_REPEAT = 10_000
_INNER = re.compile(r"__\w+__")
# What transformers adds to the language, and Jinja alone does not know.
_MARKS = re.compile(r"\{%-?\s*(?:end)?generation\s*-?%\}")


def check(text: str, where: str) -> None:
    """Refuse a template that reaches out or cannot end. Raises BadInput; `where` is the file that it is from."""
    if len(text) > MAX_CHARS:
        raise _refusal(where, f"is too long ({len(text):,} characters)")
    import jinja2
    from jinja2 import nodes

    try:
        tree = jinja2.Environment(extensions=["jinja2.ext.loopcontrols"]).parse(_MARKS.sub("", text))
    except jinja2.TemplateSyntaxError:  # whoever would use it says so
        return
    except RecursionError as error:
        raise _refusal(where, "is too deep") from error
    for node, loops, counted in _walk(tree):
        words = [value for _, value in node.iter_fields() if isinstance(value, str)]
        if not isinstance(node, nodes.TemplateData) and any(_INNER.search(word) for word in words):
            raise _refusal(where, "reaches for Python's inside")
        if isinstance(node, (nodes.Include, nodes.Import, nodes.FromImport, nodes.Extends)):
            raise _refusal(where, "wants other files")
        if isinstance(node, nodes.Filter) and node.name == "attr":
            raise _refusal(where, "reaches for Python's inside")
        endless = isinstance(node, nodes.Pow) or (isinstance(node, nodes.Name) and node.name == "lipsum")
        if endless or (isinstance(node, nodes.Mul) and _large(node)) or loops > MAX_LOOPS or counted > 1:
            raise _refusal(where, "may never end")


def _walk(tree: Any) -> Iterator[tuple[Any, int, int]]:
    """Every node, in how many loops it lies, and in how many of those that count (`range`)."""
    from jinja2 import nodes

    waiting = [(tree, 0, 0)]
    while waiting:
        node, loops, counted = waiting.pop()
        yield node, loops, counted
        if isinstance(node, nodes.For):
            loops += 1
            counted += any(isinstance(c.node, nodes.Name) and c.node.name == "range" for c in _calls(node.iter))
        waiting += [(inner, loops, counted) for inner in node.iter_child_nodes()]


def _calls(node: Any) -> Iterator[Any]:
    from jinja2 import nodes

    yield from ([node] if isinstance(node, nodes.Call) else [])
    yield from node.find_all(nodes.Call)


def _large(node: Any) -> bool:
    from jinja2 import nodes

    sides = (node.left, node.right)
    return any(isinstance(s, nodes.Const) and isinstance(s.value, (int, float)) and s.value > MAX_REPEAT for s in sides)


def _refusal(where: str, why: str) -> BadInput:
    return BadInput(f"{where} has a chat template that {why}, so it is not run: use another copy of the model.")
