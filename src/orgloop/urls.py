"""Write addresses of HTTP servers."""

from __future__ import annotations


def http_url(host: str, port: int) -> str:
    """Return the URL of a server, as one types it; IPv6 addresses stand in brackets."""
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"
