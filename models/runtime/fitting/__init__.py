"""Making a model fit: plans for this machine, put on what is read, and what it took in the end."""
