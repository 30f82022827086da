"""Faults injected at random into a running system, and the check that nothing was lost.

``python tests/faults/run.py --rounds 200 --seed 1``; see docs/reliability.md.
"""
