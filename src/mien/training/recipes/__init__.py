"""Training recipes: what is trained on what, with which numbers."""
