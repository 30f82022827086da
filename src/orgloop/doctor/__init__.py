"""Look at everything a runtime depends on, and say of each thing how it is and what mends it."""
