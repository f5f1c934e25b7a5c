"""What a file or folder is, told by the names and shapes at its head."""
