"""Labelled clips: manifests, corpora, checks, alterations."""
