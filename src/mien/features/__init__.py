"""Features of sound, one extractor a file."""
