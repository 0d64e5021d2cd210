"""The answer as it is published, and every form it is written in."""
