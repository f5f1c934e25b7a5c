"""What lies at the head of a file: names, shapes and settings, read without loading or running anything of it."""
