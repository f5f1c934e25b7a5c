"""Many from one order, in the window: what is wanted, the rows that it gives, and the command that makes them."""
