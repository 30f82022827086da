"""Look through what goes to an actor for text that tries to take it over.

A tripwire, not a wall: it knows the usual phrases and disguises. Each module knows one kind; `scan`
puts a document to all of them. Every pattern takes time in proportion to the text.
"""
