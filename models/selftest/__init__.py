"""Whether the program works where it lies: window, starters and a miniature of every family, tried for real."""
