"""The media engines under test, and clients that speak to them by hand."""
