"""How much anybody may ask for or hold open; knows addresses and numbers, and not who somebody is."""
