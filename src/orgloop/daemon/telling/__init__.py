"""Who is told how the process gets on: commands, supervisors, and files for everybody."""
