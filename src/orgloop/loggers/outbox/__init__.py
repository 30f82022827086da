"""Keep what a logger sends to another machine, bounded, until it is there."""
