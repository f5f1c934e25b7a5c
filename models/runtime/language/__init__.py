"""Language models at work, by transformers or by llama.cpp."""
