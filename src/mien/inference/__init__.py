"""From a file to an answer: bundles, sessions, evidence, decisions; without torch."""
