"""Processes, tasks, logs, database, secrets: what any part needs of the machine; knows no camera."""
