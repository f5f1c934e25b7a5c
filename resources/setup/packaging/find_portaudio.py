"""On Linux, lets sounddevice find the PortAudio that lies in the packaged program: it asks the system for it by name."""

import ctypes.util
import os
import sys

_of_system = ctypes.util.find_library


def _find(name):
    ours = os.path.join(sys._MEIPASS, "libportaudio.so.2")
    return ours if name == "portaudio" and os.path.exists(ours) else _of_system(name)


ctypes.util.find_library = _find
