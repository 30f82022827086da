"""OrgLoop makes a reliable system out of unreliable AI agents."""

__version__ = "0.1.0"
