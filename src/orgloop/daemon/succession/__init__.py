"""One runtime in place of another, without a connection being refused."""
