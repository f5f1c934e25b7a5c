"""The pipelines of diffusers at work, those with a hand-made card and any other."""
