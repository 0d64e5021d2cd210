"""Networks as recipes declare them, one a file: a `Backbone` in this folder is found."""
