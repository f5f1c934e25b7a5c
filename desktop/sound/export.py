"""Takes as files for elsewhere: any format that we write, whole or a stretch, with the settings inside. Any thread."""

from __future__ import annotations

from desktop.inputs import new_file


def write(path: str, target: str, kind_name: str, stretch: tuple[float, float] | None = None) -> str:
    """Write the sound of `path` to `target` in that format; the target's path. Raises BadInput.

    It is decoded anew, so that nothing is lost on the way that the format could keep. What lies in it on how it was
    made goes along; a recording that was brought along has nothing of ours.
    """
    from models.outputs import decode, read
    from models.outputs.export import export

    begin, end = stretch or (0.0, decode.MAX_HEARD_SECONDS)
    sound = decode.sound(path, seconds=end - begin, begin=begin)
    return str(export(sound, target, read.bare(read.read_settings(path)), kind_name))


def until(path: str, end: float) -> str:
    """The take up to a moment, as a file of ours that a model can go on from. Raises BadInput."""
    return write(path, str(new_file("sound", ".wav")), "wav", (0.0, max(end, 0.05)))
