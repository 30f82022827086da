"""The application log, and what else the process and its children write."""
