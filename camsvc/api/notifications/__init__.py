"""Who is told of a change, and what; knows no socket."""
