"""A batch over the machines of a Ray cluster: the same rows, names, list and files as on one machine."""
