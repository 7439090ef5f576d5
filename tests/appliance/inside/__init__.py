"""What runs inside the appliance, each a program of its own, on Debian's Python alone."""
