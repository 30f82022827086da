"""Show log entries to the person at the terminal."""

from orgloop.loggers.console.console import ConsoleConfig, registration

__all__ = ["ConsoleConfig", "registration"]
