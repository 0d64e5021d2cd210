"""From labelled clips to a bundle: recipes, networks, the loop, experiments (extra `train`)."""
