"""The public models that the studio knows of: data, its form, and what fits this machine."""
