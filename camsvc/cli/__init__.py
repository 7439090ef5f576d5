"""The command line: knows how people ask a running camsvc, and loads no daemon."""
