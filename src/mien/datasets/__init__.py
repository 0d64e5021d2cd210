"""Corpora, one a file."""
