"""Networks, one a file (torch; needs the extra `train`)."""
