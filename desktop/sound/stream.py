"""The line to the sound device, through sounddevice (PortAudio); the one place that knows of either."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

from models.protocol import BadInput

if TYPE_CHECKING:
    from numpy import ndarray

NO_DEVICE = "No sound device was found, so nothing can be heard: plug one in or turn one on, and press Play again."
NO_LIBRARY = (
    "The library that plays sound (PortAudio) is missing: install it (libportaudio2), and open Everyform again."
)
_REFUSED = "The sound device does not play this ({why}): choose another device in the system, and press Play again."

Fill = Callable[["ndarray", float], bool]


class Stream(Protocol):
    """A device that plays. `time` is its clock, in seconds, as `fill` gets it."""

    rate: int
    channels: int

    @property
    def time(self) -> float: ...
    def start(self) -> None: ...
    def stop(self) -> None: ...
    def close(self) -> None: ...


class DeviceStream:
    """The system's own device. `fill` is called on its thread with a block and the time at which that is heard, until
    it says False; then `ended` is, on the same thread."""

    def __init__(self, rate: int, channels: int, fill: Fill, ended: Callable[[], None]) -> None:
        import sounddevice

        def callback(out: ndarray, frames: int, time: Any, status: Any) -> None:
            if not fill(out, time.outputBufferDacTime):
                raise sounddevice.CallbackStop

        self.rate, self.channels = rate, channels
        self._stream = sounddevice.OutputStream(
            samplerate=rate, channels=channels, dtype="float32", callback=callback, finished_callback=ended
        )

    @property
    def time(self) -> float:
        return self._stream.time

    def start(self) -> None:
        self._stream.start()

    def stop(self) -> None:
        """At once: what waits in the device is not heard."""
        self._stream.abort()

    def close(self) -> None:
        self._stream.close()


def open_device(rate: int, channels: int, fill: Fill, ended: Callable[[], None]) -> Stream:
    """The system's sound device, at that rate, or at its own where it has not that one. Takes up to a second; any
    thread. Raises BadInput with what to do."""
    try:
        import sounddevice
    except (OSError, ImportError):
        raise BadInput(NO_LIBRARY) from None
    try:
        device: Any = sounddevice.query_devices(kind="output")
    except (sounddevice.PortAudioError, ValueError):
        raise BadInput(NO_DEVICE) from None
    channels = max(min(channels, int(device["max_output_channels"])), 1)
    why = ""
    for wanted in dict.fromkeys((rate, int(device["default_samplerate"]))):
        try:
            return DeviceStream(wanted, channels, fill, ended)
        except sounddevice.PortAudioError as error:
            why = str(error.args[0]) if error.args else "it gives no reason"
    raise BadInput(_REFUSED.format(why=why))
