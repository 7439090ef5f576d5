"""Other systems that people run, told of cameras and what happens; each where the configuration has its table."""
