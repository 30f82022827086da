"""Know text that tries to take over the model that reads it.

A tripwire, not a wall: the usual phrases and disguises. Each module knows one kind; `scanning` puts
a text to all of them. Every pattern takes time in proportion to the text.
"""
