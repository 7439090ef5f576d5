"""The index of what is on disk, and how long it is kept; knows files, and neither cameras nor the engine."""
