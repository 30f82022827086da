"""The process: its start under twistd, its signals, its log, its orderly end."""
