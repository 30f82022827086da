"""The supervisor: a small process that keeps one runtime going.

It imports nothing of a runtime's: see `machine` for what it does when, `crew` for how.
"""
