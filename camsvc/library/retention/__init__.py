"""How long files are kept: the policy, what it lets go, and the deleting; knows nothing of why room is short."""
