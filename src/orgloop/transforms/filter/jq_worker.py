"""Answer jq questions on standard input until it ends. A program, not a module to import.

A question is two lines: the expression as a JSON string, and a JSON document. The answer is one
line: ``=`` and the last output as JSON (nothing if there was none), or ``!`` and an error message.
The argument is the number of seconds after which a question ends the process.
"""

from __future__ import annotations

import json
import resource
import signal
import sys
from contextlib import suppress
from typing import Any

import jq

_MOST_MEMORY = 1 << 30
# Without a program of its own to end, `halt_error` would look like an expression with no output.
_PRELUDE = "def halt_error: error; def halt_error($code): error; "


def serve(seconds: int) -> None:
    """Answer until standard input ends."""
    programs: dict[bytes, Any] = {}
    while expression := sys.stdin.buffer.readline():
        document = sys.stdin.buffer.readline()
        # Also ends an expression that runs for ever after the runtime itself was killed.
        signal.alarm(seconds)
        try:
            if expression not in programs:
                # Written out by jq itself: large integers would lose digits on their way through
                # Python floats. The newline ends a comment.
                programs[expression] = jq.compile(
                    f"{_PRELUDE}({json.loads(expression)}\n) | tojson"
                )
            answer = "=" + last_output(programs[expression], document.decode())
        except ValueError as error:
            answer = "!" + " ".join(str(error).split())[:1000]
        signal.alarm(0)
        sys.stdout.buffer.write(answer.encode(errors="replace") + b"\n")
        sys.stdout.buffer.flush()


def last_output(program: Any, document: str) -> str:
    """Return the last output, empty if there is none."""
    output = ""
    for output in program.input_text(document):  # noqa: B007 (the last one is returned)
        pass
    return output


if __name__ == "__main__":
    # Ctrl+C in a terminal goes to the whole process group; the runtime decides when this ends.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # jq aborts when memory runs out
        resource.setrlimit(resource.RLIMIT_AS, (_MOST_MEMORY, _MOST_MEMORY))
    serve(int(sys.argv[1]))
