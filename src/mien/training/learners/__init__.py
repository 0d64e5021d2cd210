"""Learners: a branch's model with training, scoring and export; networks and classical ones."""
