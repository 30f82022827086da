"""Put the call of ``orgloop hook`` into an agent's settings, and take it out again."""
