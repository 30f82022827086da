"""``orgloop ui``: open the dashboard, without a login step.

The address carries a code that is good once and for half a minute, behind a ``#``: no browser sends
that part to any server. The token stays here.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping

import click

from orgloop.cli.control import Control, require
from orgloop.cli.failing import CommandFailed
from orgloop.cli.invocation import Invocation, global_options
from orgloop.cli.output import show, show_json

_NOT_FOUND = 404
_DISPLAYS = ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER")


@click.command("ui")
@global_options
@click.option("--no-open", is_flag=True, help="Print the address; open no browser.")
@click.pass_obj
def command(invocation: Invocation, no_open: bool) -> None:
    """Open the dashboard in a browser, or print its address where there is none.

    The address is good once, and for 30 seconds.
    """
    control = Control.find(invocation.home)
    if control.get("/").status == _NOT_FOUND:
        raise CommandFailed(
            "this runtime has no dashboard",
            hint="see what runs with: orgloop status",
        )
    given = require(control.post("/control/ui-code"))
    address = f"{control.url}/#code={given['code']}"
    if invocation.json:
        show_json({"url": address, "expires_in": given["expires_in"]})
    elif no_open or not (_has_display(invocation.environ) and _opened(address)):
        show(address)
        invocation.say(f"open this within {given['expires_in']} seconds; it is good once")
    else:
        invocation.say(f"the dashboard of {control.url} opens in your browser")


def _has_display(environ: Mapping[str, str]) -> bool:
    return sys.platform == "darwin" or any(environ.get(name) for name in _DISPLAYS)


def _opened(address: str) -> bool:
    import webbrowser  # late: it looks for every browser that there may be

    try:
        return webbrowser.open(address)
    except (webbrowser.Error, OSError):
        return False
