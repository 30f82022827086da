"""Log entries on the command line: out of the books, live, and without doubles between the two."""
