"""Know the phrases by which a text sets itself above what an actor was told."""

from __future__ import annotations

from codecs import encode
from collections.abc import Callable, Iterable

from orgloop.sdk.injection.disguises import Reading, squeeze
from orgloop.sdk.injection.linear import searching

# Between words stands anything but letters, of which markup and line ends are the harmless part.
_GAP = r"[\W_]{1,8}"
_NOT_FOLLOW = (
    rf"(?:do{_GAP}not|don{_GAP}t|dont|never|stop|cease|quit){_GAP}"
    r"(?:follow|following|obey|obeying|heed)"
)
_BEFORE = "previous|previously|prior|above|earlier|preceding|foregoing|former|past"
_THEIRS = "your|initial|original|system|developer|safety"
_FILL = (
    f"(?:{_BEFORE}|{_THEIRS}|all|any|every|of|the|these|those|this|that|and|or|given|current"
    "|existing|other|stated|mentioned|listed|security|secret|hidden|content|in|to|us)"
)
# Of which it is all the same how a text speaks of them, and of which it is not.
_TOLD = "instruction|directive|guideline|programming|guardrail"
_SAID = (
    "rule|direction|constraint|restriction|polic|prompt|context|training|command|order|message"
    "|conversation|input|task"
)


def _phrase(verbs: str, qualifier: str, nouns: str) -> str:
    """Return an expression for a verb, a few words among them ``qualifier``, and a noun."""
    return (
        rf"\b(?:{verbs}){_GAP}(?:{_FILL}{_GAP}){{0,5}}?(?:{qualifier}){_GAP}"
        rf"(?:{_FILL}{_GAP}){{0,5}}?(?:{nouns})"
    )


_LEAVE = f"ignore|disregard|forget|neglect|{_NOT_FOLLOW}"
_BREAK = "override|overrule|bypass|circumvent|dismiss|discard|violate"
_OVERRIDES = "|".join(
    [
        _phrase(_LEAVE, f"{_BEFORE}|{_THEIRS}|all|any|every", _TOLD),
        _phrase(_LEAVE, _THEIRS, "prompt|rule|training|constraint|restriction|polic"),
        _phrase(_LEAVE, f"all|any|every|{_BEFORE}", f"(?:{_BEFORE}){_GAP}(?:{_SAID})"),
        _phrase(_LEAVE, _BEFORE, "rule|direction|constraint|prompt|command|context|order"),
        _phrase(_BREAK, f"{_BEFORE}|your|safety", _TOLD),
        _phrase(_BREAK, "your", "rule|restriction|polic|constraint|prompt|training"),
        rf"\b(?:{_LEAVE}){_GAP}(?:all{_GAP})?(?:of{_GAP})?(?:the|these|those){_GAP}(?:{_TOLD})"
        rf"s?{_GAP}(?:above|before|you{_GAP}(?:were|have|got|received))",
        rf"\b(?:ignore|disregard|forget){_GAP}(?:everything|anything|all|whatever|what)"
        rf"(?:{_GAP}(?:that|else|is|was|were|written|said|stated|comes|came)){{0,3}}"
        rf"{_GAP}(?:above|before|prior|earlier|preceding)\b",
        rf"\b(?:ignore|disregard|forget){_GAP}(?:everything|anything|all|whatever|what)"
        rf"(?:{_GAP}that)?{_GAP}(?:you|they|i|we)(?:{_GAP}(?:ve|have|were|had|been|was)){{0,3}}"
        rf"{_GAP}(?:told|said|given|instructed|taught|trained|learned|learnt|know|knew)\b",
    ]
)
_AI = (
    r"(?:ai|assistant|agent|chatbot|bot|model|llm|dan|jailbroken|unrestricted|unfiltered|uncensored"
    r"|evil|free (?:from|of)|(?:developer|debug|god|admin|maintenance|dan|jailbreak) mode)\b"
)
_SETS_A_ROLE = (
    rf"\byou(?: are|'re) (?:now|no longer) (?:[a-z-]+ ){{0,4}}?(?:{_AI}|(?:not )?bound\b"
    r"|(?:restricted|constrained|limited) by\b|subject to (?:any|your|the) )"
    r"|\bact as (?:an? )?(?:unrestricted|unfiltered|uncensored|jailbroken|evil|dan\b)"
    r"|\bpretend (?:that )?(?:you(?: are|'re)|to be) (?:an? |the |not )?(?:[a-z-]+ ){0,2}?"
    rf"(?:{_AI}|bound by\b)"
    r"|\bpretend (?:that )?you (?:have no|do not have|don't have) (?:any )?"
    r"(?:rules|restrictions|limits|limitations|guidelines|instructions)"
    r"|\bfrom now on,? (?:you (?:will|must|shall|should) (?:act|obey|answer|respond|behave|ignore"
    r"|only)\b|act as\b|ignore\b|obey\b|pretend\b|respond\b)"
    r"|\b(?:new|real|actual|true|updated system) (?:system )?(?:instructions?|prompt)[*_` ]{0,4}:"
    r"|\byour (?:new|real|actual|true|only) (?:task|goal|objective|purpose|mission|role|job"
    r"|instructions?)[*_` ]{0,4}(?: is\b| are\b|:)"
)
_ASKS_FOR_SECRETS = (
    r"\b(?:reveal|print|repeat|show|output|disclose|leak|display|dump|tell me|give me|what is"
    r"|what are)\b[^.!?\n]{0,30}?\b(?:your|the) (?:full |entire |exact |own |complete )?"
    r"(?:(?:initial |original |hidden |secret )?system (?:prompt|message|instructions?)"
    r"|(?:initial|original|hidden|secret) (?:prompt|instructions?))\b"
    r"|\b(?:do not|don't|never|without) (?:tell|inform|telling|informing"
    r"|(?:mention|mentioning|reveal|revealing) (?:this|it) to) (?:the )?"
    r"(?:user|human|operator|developer|maintainer|anyone)s?\b"
)


_in_words = searching("|".join((_OVERRIDES, _SETS_A_ROLE, _ASKS_FOR_SECRETS)))

EXPRESSIONS = (_OVERRIDES, _SETS_A_ROLE, _ASKS_FOR_SECRETS)
"""At least one of these is found in `Reading.latin`, or in `Reading.plain`, where words do it."""

_LETTER_BY_LETTER = (
    ("ignore disregard forget override", ""),
    ("all any of the your these those every", "{0,4}"),
    ("previous prior above earlier preceding system original your", ""),
    ("system original safety", "?"),
    ("instruction directive guideline prompt", ""),
)
"""Words, one of which stands there so often."""


def _spelt(groups: Iterable[tuple[str, str]], spelling: Callable[[str], str]) -> str:
    """Return an expression for groups of words, each word spelt in some way."""
    return "".join(
        f"(?:{'|'.join(spelling(word) for word in words.split())}){often}"
        for words, often in groups
    )


def _squeezed(word: str) -> str:
    return squeeze(word.encode()).decode()


def _backwards(word: str) -> str:
    return _squeezed(word)[::-1]


def _rotated(word: str) -> str:
    """Return an expression for a word thirteen letters further on, digits perhaps as they were."""
    return "".join(f"[{''.join(sorted(_ways(letter)))}]" for letter in _squeezed(word))


def _ways(letter: str) -> set[str]:
    meant = "il" if letter == "l" else letter
    return set(_squeezed(encode(meant, "rot13"))) | (set("oleast") & {letter})


_in_letters = searching(
    "|".join(
        (
            _spelt(_LETTER_BY_LETTER, _squeezed),
            _spelt(_LETTER_BY_LETTER[::-1], _backwards),
            _spelt(_LETTER_BY_LETTER, _rotated),
        )
    )
)


def overrides_in_words(reading: Reading) -> bool:
    """Whether a text says in English that what was said before is off, markup left out or not."""
    return _in_words(reading.latin) or (
        reading.latin is not reading.plain and _in_words(reading.plain)
    )


def overrides_in_letters(reading: Reading) -> bool:
    """Whether the letters of a text say so alone: with gaps, digits, reversed or rotated."""
    return _in_letters(reading.squeezed)
