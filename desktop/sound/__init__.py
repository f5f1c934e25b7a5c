"""The room of sound: what is heard, seen as a wave and as a spectrum on one axis of time."""
