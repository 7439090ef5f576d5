"""What is made for the Debian package: its configuration, its copyright file; and what is asked of its wheels."""
