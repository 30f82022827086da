"""How the process of a runtime ended."""

from __future__ import annotations

import signal as signals

from attrs import frozen

from orgloop.daemon.telling.report import Failed


@frozen(kw_only=True)
class Ending:
    """Exactly one of ``code`` and ``signal`` is set."""

    code: int | None = None
    signal: int | None = None
    failed: Failed | None = None
    """What the runtime said, if it ended because its start failed."""
    was_wedged: bool = False
    """Whether it was ended for giving no sign of life, however it took that."""
    has_begun: bool = True
    """Whether it had been told to open what it needs."""
    stderr: tuple[str, ...] = ()
    """The last lines of what it wrote to standard error."""

    @property
    def is_clean(self) -> bool:
        """Whether the process meant to end, and had nothing to complain of."""
        return self.code == 0 and not self.was_wedged

    @property
    def exit_code_when_asked(self) -> int:
        """What the supervisor exits with after it has asked for this end."""
        if self.code is not None:
            return self.code
        # One that has not begun has nothing to put in order, and does not heed signals yet.
        was_as_asked = self.signal == signals.SIGTERM and not self.was_wedged
        return 0 if was_as_asked or not self.has_begun else 1

    def as_failure(self) -> Failed:
        """Return what to tell somebody who waits for the runtime to be ready."""
        if self.failed is not None:
            return self.failed
        how = f"orgloop: the runtime ended before it was ready: {self}"
        return Failed(self.code or 1, (how, *self.stderr))

    def __str__(self) -> str:
        if self.signal is not None:
            how = f"killed by {_name(self.signal)}"
        else:
            how = f"exit code {self.code}"
        return f"{how}, after giving no sign of life" if self.was_wedged else how


def _name(number: int) -> str:
    try:
        return signals.Signals(number).name
    except ValueError:
        return f"signal {number}"  # one of the real-time signals
