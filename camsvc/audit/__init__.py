"""What was done and refused, kept so that a change of it is found; knows no method and no transport."""
