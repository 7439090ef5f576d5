"""What may be configured, and how a mistake is told; knows no part that is configured."""
