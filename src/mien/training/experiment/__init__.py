"""From a recipe and a manifest to a run folder: what to fit, fitting it, and keeping it."""
