"""Other programs' settings in files: one file here a program, each a predicate and a reading, joined in `table`."""
