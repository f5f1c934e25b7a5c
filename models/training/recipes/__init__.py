"""One recipe a starter."""
