"""The models of transformers that make sound, at work."""
