"""How a person usually looks and sounds, from few numbers, and answers compared with it."""
