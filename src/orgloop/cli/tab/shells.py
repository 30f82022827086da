"""What each shell is told, in the form that its script here reads: a kind, a value, a text.

The scripts ask by setting ``_ORGLOOP_COMPLETE``, which `click.Command.main` looks at.
"""

from __future__ import annotations

import os
from pathlib import Path

from click.shell_completion import (
    BashComplete,
    CompletionItem,
    FishComplete,
    ShellComplete,
    ZshComplete,
    add_completion_class,
    split_arg_string,
)


def script_for(shell: str) -> str:
    """Return the script that has a shell (``bash``, ``zsh``, ``fish``) ask."""
    return Path(__file__).with_name(f"orgloop.{shell}").read_text("utf-8").rstrip()


class _WholeWords(ShellComplete):
    """Complete the value in ``--flag=value``, and answer with the flag: the word is replaced."""

    def get_completions(self, args: list[str], incomplete: str) -> list[CompletionItem]:
        flag, equals, _ = incomplete.partition("=")
        found = super().get_completions(args, incomplete)
        if equals and flag.startswith("--"):
            for item in found:
                item.value = f"{flag}={item.value}"
        return found

    def format_completion(self, item: CompletionItem) -> str:
        return "\t".join(filter(None, (item.type, item.value, item.help)))


class _Bash(_WholeWords, BashComplete):
    def get_completion_args(self) -> tuple[list[str], str]:
        line = os.environ["COMP_LINE"]
        words = split_arg_string(line)[1:]
        return (words, "") if line[-1:].isspace() or not words else (words[:-1], words[-1])

    def get_completions(self, args: list[str], incomplete: str) -> list[CompletionItem]:
        # Bash replaces only what stands behind the last of these.
        breaks = os.environ.get("COMP_WORDBREAKS", "")
        kept = 1 + max(incomplete.rfind(letter) for letter in f"{breaks} ")
        found = super().get_completions(args, incomplete)
        for item in found:
            item.value = item.value[kept:]
        return found

    def format_completion(self, item: CompletionItem) -> str:
        return f"{item.type}\t{item.value}"


class _Zsh(_WholeWords, ZshComplete):
    pass


class _Fish(_WholeWords, FishComplete):
    pass


def register() -> None:
    """Have click answer the scripts here."""
    for shell, made in {"bash": _Bash, "zsh": _Zsh, "fish": _Fish}.items():
        add_completion_class(made, shell)
