"""Service managers: what systemd says and wants to hear, and what falls to process 1."""
