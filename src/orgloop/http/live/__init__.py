"""Log entries as they come, for who watches: server-sent events."""
