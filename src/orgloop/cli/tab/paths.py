"""Paths on the command line: the shell completes them itself, and is told that they are some."""

from __future__ import annotations

from collections.abc import Callable

import click
from click.shell_completion import CompletionItem

Complete = Callable[[click.Context, click.Parameter, str], list[CompletionItem]]
"""What a parameter takes as its ``shell_complete``."""


def complete_files(
    ctx: click.Context, parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Have the shell complete the name of a file, or of a directory on the way to one."""
    return [CompletionItem(incomplete, type="file")]


def complete_directories(
    ctx: click.Context, parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Have the shell complete the name of a directory."""
    return [CompletionItem(incomplete, type="dir")]
