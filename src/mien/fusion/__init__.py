"""Ways to join what the branches say, one a file."""
