"""Which of the people in view speaks: what their mouths do, against what is heard."""
