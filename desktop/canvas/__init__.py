"""The canvas: where the work is seen."""
