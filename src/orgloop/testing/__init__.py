"""What plugin authors test with: fakes, an event factory, a scripted server, conformance suites.

- `orgloop.testing.events` makes events, drafts and dispatches.
- `orgloop.testing.lending` lends a plugin what a runtime lends it.
- `orgloop.testing.fakes` stands in for components, `orgloop.testing.memory` for stores.
- `orgloop.testing.httpserver` answers over real sockets as a test scripts it;
  `orgloop.testing.github`, `orgloop.testing.linear`, `orgloop.testing.openclaw`,
  `orgloop.testing.otlp` and `orgloop.testing.slack` as the services of these names do.
- `orgloop.testing.socketless` answers in the same ways, without sockets.
- `orgloop.testing.smtp` is a mail server on loopback, `orgloop.testing.syslog` a daemon for logs,
  `orgloop.testing.docker` an engine on a UNIX socket.
- `orgloop.testing.lifecycle` checks events about sessions of coding agents.
- ``source``, ``actor``, ``transform``, ``logger``, ``event_log``, ``delivery_queue``,
  ``checkpoint_store`` and ``project_registry`` hold the suite that any implementation of that
  interface passes.
"""
