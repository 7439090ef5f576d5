"""Moving finished recordings to a second folder, such as a network mount."""
