"""`mien serve --annotate`: a page on which people label clips, one key a label."""
