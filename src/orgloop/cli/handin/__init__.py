"""``orgloop hook NAME``: hand what an agent's hook says to the runtime, or to its spool.

The agent waits for this. So the modules here import neither click nor anything else that takes
time, and whatever happens, the process ends with 0 within two seconds and writes nothing to
standard output.
"""
