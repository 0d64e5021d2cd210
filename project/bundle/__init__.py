"""The project's own recipe: the parts of the default bundle, one a file."""
