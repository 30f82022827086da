"""What happens behind a Tab: a script in the shell asks this program what may come next."""
