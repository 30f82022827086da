"""What plugin authors test with: fakes, an event factory, a scripted server, conformance suites.

`orgloop.testing.events` makes events and drafts, `orgloop.testing.fakes` stands in for everything a
plugin is lent, `orgloop.testing.httpserver` answers over real sockets as a test scripts it, and the
modules named after an interface hold the conformance suite that any implementation of it passes.
"""
