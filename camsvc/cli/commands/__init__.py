"""Commands of the command line, a module for each topic; each is loaded when it is asked for."""
