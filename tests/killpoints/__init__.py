"""Sessions in which something happens to the module, at every point of the dialogue."""
