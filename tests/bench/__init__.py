"""What is measured, and how: ratios within one run, each side in processes of its own, pairs taken in turns."""
