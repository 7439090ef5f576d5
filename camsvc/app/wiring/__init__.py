"""What each topic is made of: a module for each puts its parts together, and says how they start and stop."""
