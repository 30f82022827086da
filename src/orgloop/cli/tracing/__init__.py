"""One event's whole way on a terminal."""
