"""The reader of pictures of the starter world: its words, the sentences made of them, and a network that finds them."""
