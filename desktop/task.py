"""What a model is asked to do, where the files given to it do not tell: one row at the head of the form."""

from __future__ import annotations

from itertools import combinations

from desktop.fields import ChoiceField
from models.protocol import TASKS, BadInput, Card, Parameter, Value

SKETCH = "sketch-to-picture"


def must_be_chosen(card: Card) -> bool:
    """Whether some files (or none at all) would do for two of the tasks."""
    needs = {t: {i.name for i in card.inputs_for(t) if i.required} for t in card.tasks}
    takes = {t: {i.name for i in card.inputs_for(t)} for t in card.tasks}
    return any(needs[a] | needs[b] <= takes[a] & takes[b] for a, b in combinations(card.tasks, 2))


def with_files(card: Card, task: str, inputs: dict[str, str]) -> str:
    """The task, if it has all the files that it starts from. Raises BadInput."""
    for given in card.inputs_for(task):
        if given.required and given.name not in inputs:
            raise BadInput(f"“{TASKS[task]}” needs a file: drop one on “{given.label}”, or choose it there.")
    return task


def starts_from_file(card: Card) -> bool:
    """Whether the model makes nothing without a file."""
    return all(any(i.required for i in card.inputs_for(task)) for task in card.tasks)


def part_task(card: Card) -> str:
    """The task that makes a part of a picture again, from the picture and a mask; empty where none does."""
    needs = {"picture", "mask"}
    return next((t for t in card.tasks if {i.name for i in card.inputs_for(t)} == needs), "")


def sketch_input(card: Card) -> str:
    """The input that a sketch is drawn for; empty where the model makes nothing of sketches."""
    takes = card.inputs_for(SKETCH) if SKETCH in card.tasks else ()
    return next((i.name for i in takes if i.medium == "picture"), "")


class TaskField(ChoiceField):
    """The card's tasks in people's words. `value` and `set_value` have the task's key; `changed` carries "task"."""

    def __init__(self, card: Card) -> None:
        self._keys = {TASKS[task]: task for task in card.tasks}
        words = tuple(self._keys)
        super().__init__(Parameter("task", "choice", words[0], "What to make", _HELP, choices=words))

    def value(self) -> Value:
        return self._keys[str(super().value())]

    def set_value(self, value: Value) -> None:
        super().set_value(TASKS.get(str(value), str(value)))


_HELP = "What this model is asked to do. Each has settings of its own, and some start from a file."
