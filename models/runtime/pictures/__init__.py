"""The picture models that no pipeline of diffusers runs, at work."""
