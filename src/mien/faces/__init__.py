"""Faces: detect, track, align. Frames in, tracks of aligned crops out."""
