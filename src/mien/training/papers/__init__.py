"""The five papers: what they printed, the runs that repeat it, and their tables beside ours."""
