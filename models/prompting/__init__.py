"""What a person writes to a model and what the model reads of it: weights, choices, lists of words, styles."""
