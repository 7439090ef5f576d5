"""Who somebody is and what they may do; knows credentials and roles, and no transport."""
