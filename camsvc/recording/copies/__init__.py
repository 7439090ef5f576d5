"""What is made of finished recordings by stream copy: one of several, a range of one; in child processes."""
