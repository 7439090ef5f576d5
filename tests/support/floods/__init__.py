"""Strangers that send without end, and what it does to others: programs of their own."""
