"""Many from one order: presets by prompts by seeds by a grid, each row made once, whatever happens meanwhile. Pure."""
