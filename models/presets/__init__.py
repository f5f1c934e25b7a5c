"""Set-ups that are kept: strict small files, where they lie, and what of the models here they fit. Pure, no torch."""
