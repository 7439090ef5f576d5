"""What the engine should have of each camera, and why; knows cameras and the engine, and no file."""
