"""Set-ups that are kept: the row that shows the one in use, what asks for one, and what is done with them."""
