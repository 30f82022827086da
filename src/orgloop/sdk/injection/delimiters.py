"""Know the marks that pretend another speaker or another part of a prompt begins."""

from __future__ import annotations

from orgloop.sdk.injection.disguises import Reading
from orgloop.sdk.injection.linear import searching

_TAGS = (
    "system|assistant|instructions|system[-_ ]?prompt|system[-_ ]reminder|user[-_ ](?:input|query)"
    "|tool[-_](?:use|call|calls|result|results)|function[-_](?:call|calls|result|results)"
    "|untrusted(?:[-_][a-z]{1,20})?"
)
# What only an instruction begins with: "System: Ubuntu" is a line of many a bug report.
_COMMANDS = (
    "you|your|ignore|disregard|forget|override|from now|the (?:user|owner|admin|human|above|next)"
    "|please|do not|don't|never|always|must|execute|run|delete|reveal|send|respond|reply|obey"
    "|approve|grant|enable|disable|allow|switch|enter|new|important|attention|admin|end of"
)
_MARKS = (
    r"<\|[a-z0-9_▁-]{2,40}\|>"
    r"|\[/?inst\]|<</?sys>>|</?(?:start|end)_of_turn>"
    rf"|<\s?/?\s?(?:{_TAGS})(?:\s[^<>]{{0,60}})?>"
    r"|^[ \t>*#]{0,8}(?:system|assistant|developer) (?:message|prompt|instructions?)[ \t]*:"
    r"|^[ \t>*#]{0,8}(?:assistant|human)[*_]{0,2}[ \t]*:"
    rf"|^[ \t>*#]{{0,8}}\[?(?:system|developer)\]?[*_]{{0,2}}[ \t]*:?[*_\s]{{1,8}}(?:{_COMMANDS})\b"
    r"|^#{1,4} ?(?:system|instruction):|^\[(?:system|developer)\][ \t]*:"
    r"|[-=#*]{3,} ?(?:begin|end|start)(?: of)?(?: the)? "
    r"(?:system|assistant|prompt|instructions|untrusted|user (?:input|message|prompt|query))\b"
)
# In capitals it is no line of a bug report.
_SHOUTED = r"^[ \t>*#]{0,8}\[?SYSTEM(?: (?:PROMPT|MESSAGE))?\]?[ \t]*:"
_is_delimited = searching(_MARKS, multiline=True)
_is_shouted = searching(_SHOUTED, multiline=True)

EXPRESSIONS = (f"(?m:{_MARKS})", f"(?m:{_SHOUTED.lower()})")
"""At least one of these is found in `Reading.plain` where a delimiter is imitated."""


def imitates_a_delimiter(reading: Reading) -> bool:
    """Whether a text holds a mark by which models, or those who feed them, tell speakers apart."""
    return _is_delimited(reading.plain) or _is_shouted(reading.shown)
