"""The HTTP server: webhooks and health on a short path, control and API through Klein.

In the order a request meets them: `channel` (one connection), `request` (one request), `gate` (who
may call what), `root` (where it goes), then `webhooks`, `health`, or `application` and `endpoints`.
"""
