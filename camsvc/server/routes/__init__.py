"""What stands at which path, a topic a module."""
