"""How each command is used: what its ``--help`` ends with."""

from __future__ import annotations

import click

PAGE = "docs/reference/cli.md"
EXAMPLES = {
    "init": ("orgloop init --template minimal --name my-org",),
    "demo": ("orgloop demo",),
    "add": (
        "orgloop add connector my-tracker",
        "orgloop add route reviews --source github --actor reviewer",
    ),
    "validate": ("orgloop validate -c my-org",),
    "env": ("orgloop env", "orgloop env check"),
    "doctor": ("orgloop doctor -q",),
    "routes": (
        "orgloop routes --source github",
        "orgloop routes --format dot | dot -Tsvg > org.svg",
    ),
    "start": ("orgloop start", "orgloop start --daemon --supervised"),
    "stop": ("orgloop stop --grace 1m",),
    "restart": ("orgloop restart",),
    "plan": ("orgloop plan --detailed-exitcode",),
    "install-service": ("orgloop install-service --user",),
    "service": ("orgloop service status", "orgloop service logs -f"),
    "status": ("orgloop status --watch", "orgloop status --json | jq .health"),
    "ui": ("orgloop ui",),
    "events": ("orgloop events --source github --since 2h", "orgloop events --state dead"),
    "trace": ("orgloop trace evt_01a205a0203c815ddf7022b50526b260",),
    "logs": ("orgloop logs --actor reviewer", "orgloop logs --phase deliver.dead --since 24h"),
    "queue": ("orgloop queue --actor reviewer --watch", "orgloop queue --state held"),
    "audit": ("orgloop audit --since 7d --format jsonl > audit.jsonl",),
    "inspect": ("orgloop inspect route reviews",),
    "test": (
        "orgloop test --generate github:pull_request.opened --dry-run",
        'orgloop test --suite "tests/*.yaml" --junit report.xml',
    ),
    "emit": (
        "orgloop emit --source desk --type resource.changed --payload '{\"ticket\": 11}'",
        "orgloop emit event.json",
    ),
    "hook": ("orgloop hook install claude-code",),
    "inbox": ("orgloop inbox list", "orgloop inbox drain --key KEY --json"),
    "dlq": ("orgloop dlq list", "orgloop dlq retry --actor reviewer --since 2d"),
    "held": ("orgloop held list", "orgloop held release dlv_42_1"),
    "replay": ("orgloop replay --from 2h --route reviews --dry-run",),
    "checkpoint": ("orgloop checkpoint list", "orgloop checkpoint reset github"),
    "data": ("orgloop data check", "orgloop data backup /mnt/backup"),
    "token": ("orgloop token rotate",),
    "schema": ("orgloop schema Project > orgloop.schema.json",),
    "completion": ('eval "$(orgloop completion bash)"',),
    "version": ("orgloop version --json",),
}


def with_examples(command: click.Command, name: str) -> click.Command:
    """Have a command's help, and that of its subcommands, end with examples and the page."""
    if command.epilog is None:
        shown = "\n".join(f"  {one}" for one in EXAMPLES.get(name, ()))
        page = f"More: {PAGE}#orgloop-{name}"
        # \b: click is to leave the lines as they are
        command.epilog = f"\b\nExamples:\n{shown}\n\n{page}" if shown else page
        for one in command.commands.values() if isinstance(command, click.Group) else ():
            one.epilog = one.epilog or page
    return command
