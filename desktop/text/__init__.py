"""The Text room's middle: a page to write on with a model, and a chat where the model brings a template for one."""
