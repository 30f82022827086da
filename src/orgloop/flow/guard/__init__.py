"""Look through what goes to an actor for text that tries to take it over.

What such text looks like is known to `orgloop.sdk.injection`, which the ``injection-scanner``
shares; addresses that lead outside are the guard's own.
"""
