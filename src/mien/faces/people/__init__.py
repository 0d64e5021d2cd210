"""Which faces of one clip are one person, and which of them speaks."""
