"""What media files say of themselves, and whether that is so; knows bytes alone. Blocks: for the files threads."""
