"""Methods on who may: users, API keys, sessions, and what they did."""
