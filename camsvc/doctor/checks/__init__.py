"""What is looked at, a module each; a check is a function from the machine to findings, and changes nothing."""
