"""What ``orgloop add`` writes: a component or a route that works, with its test."""
