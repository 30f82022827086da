"""Know the commonest phrase that overrides instructions in languages other than English."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from unicodedata import normalize

from attrs import frozen

from orgloop.sdk.injection.disguises import Reading
from orgloop.sdk.injection.linear import searching

_WITHIN = 60  # characters from the first of the three words to the last


@frozen
class _Phrase:
    """What says "ignore", what says "earlier" or "all", and what says "instructions"."""

    verbs: re.Pattern[str]
    qualifiers: re.Pattern[str]
    nouns: re.Pattern[str]

    def is_in(self, near: str) -> bool:
        """Whether the three stand in a short text, in whatever order."""
        return all(one.search(near) for one in (self.nouns, self.verbs, self.qualifiers))


def _latin(verbs: str, qualifiers: str, nouns: str) -> _Phrase:
    """Return a phrase of a language in Latin letters, written without marks."""
    return _Phrase(*(re.compile(rf"\b(?:{one})") for one in (verbs, qualifiers, nouns)))


def _other(verbs: str, qualifiers: str, nouns: str) -> _Phrase:
    """Return a phrase of a language in other letters, or without spaces between words."""
    composed = (normalize("NFKC", one) for one in (verbs, qualifiers, nouns))
    return _Phrase(*(re.compile(f"(?:{one})") for one in composed))


_LATIN = [
    _latin(  # German
        r"ignorier|vergiss|vergesst|vergessen sie|missacht|ubergeh",
        r"vorherig|bisherig|vorig|obig|fruher|vorangegangen|alle\b|saemtlich|samtlich|deine",
        r"anweisung|instruktion|vorgabe|befehl|system-?prompt",
    ),
    _latin(  # French
        r"ignore|oublie|neglige",
        r"precedent|anterieur|ci-dessus|toutes|tous|tes\b|vos\b",
        r"instructions|consignes|directives",
    ),
    _latin(  # Spanish, Portuguese, Italian
        r"ignor[aei]|olvid[ae]|descart[ae]|esquec|desconsider|dimentic",
        r"anterior|previ[ao]s|precedent|todas|tutte|acima|de arriba|tus\b|suas\b|tue\b",
        r"instruccion|instruco|istruzion|directrices|diretrizes|direttive|indicaciones|indicazioni",
    ),
    _latin(  # Dutch
        r"negeer|vergeet", r"vorige|eerdere|voorgaande|bovenstaande|alle\b|je\b", r"instructies"
    ),
    _latin(  # Swedish, Danish, Norwegian
        r"ignorer|glom\b|glem\b|bortse",
        r"tidigare|tidligere|foregaende|ovan|alla\b|alle\b|dina\b|dine\b",
        r"instruktion|instruks|anvisning",
    ),
    _latin(  # Polish, Czech
        r"zignoruj|ignoruj|zapomnij|zapomen|pomin",
        r"poprzedni|wczesniejsz|powyzsz|wszystk|predchoz|vsechn",
        r"instrukcj|instrukce|polecen|wytyczn|pokyny",
    ),
    _latin(r"yok say|unut|dikkate alma|goz ardi", r"onceki|yukaridaki|tum\b|butun", r"talimat"),
    _latin(r"bo qua|quen", r"truoc|tren|tat ca", r"huong dan|chi dan|chi thi|menh lenh"),
    _latin(r"abaikan|lupakan", r"sebelumnya|di atas|semua", r"instruksi|perintah|arahan"),
]
_OTHERS = [
    _other(  # Russian, Ukrainian
        "игнорир|ігнору|забудь|отбрось|не следуй",
        "предыдущ|прежн|выше|вышеуказ|все |всі |попередн|твои|свои",
        "инструкци|указани|інструкці|вказівк",
    ),
    _other(
        "忽略|无视|無視|忘记|忘記|忽视|忽視|不要理会|不要遵守",
        "之前|以前|先前|以上|上述|上面|前面|所有|全部|你的",
        "指令|指示|命令|提示词|提示詞",
    ),
    _other(
        "無視|忘れ|破棄|従わない",
        "以前|前の|上記|これまで|今まで|すべて|全て|全部",
        "指示|命令|プロンプト",
    ),
    _other("무시|잊어|잊으", "이전|앞의|앞선|위의|모든|기존", "지시|지침|명령|프롬프트"),
    _other("تجاهل|انس|أهمل", "السابق|أعلاه|جميع|كل ", "التعليمات|تعليمات|الأوامر|التوجيهات"),
    _other("अनदेखा|नजरअंदाज|नज़रअंदाज|भूल जा|उपेक्षा", "पिछले|पूर्व|सभी|उपरोक्त", "निर्देश|आदेश"),
    _other("התעלמ|תתעלמ|שכח", "הקודמ|כל |לעיל", "הוראות|ההוראות|הנחיות"),
]


@frozen
class _Family:
    """Phrases of several languages, and a quick look at whether a text may hold one."""

    phrases: Sequence[_Phrase]
    nouns: re.Pattern[str]
    parts: Sequence[Callable[[bytes], bool]]
    """The rarest first."""

    @classmethod
    def of(cls, phrases: Sequence[_Phrase]) -> _Family:
        """Return a family of languages whose phrases are looked for in the same reading."""
        verbs = "|".join(one.verbs.pattern for one in phrases)
        qualifiers = "|".join(one.qualifiers.pattern for one in phrases)
        nouns = "|".join(one.nouns.pattern for one in phrases)
        return cls(phrases, re.compile(nouns), [searching(p) for p in (nouns, verbs, qualifiers)])

    def is_in(self, text: bytes) -> bool:
        """Whether a text in UTF-8 holds a phrase of one of the languages."""
        return all(part(text) for part in self.parts) and self._is_near_a_noun(text.decode())

    def _is_near_a_noun(self, text: str) -> bool:
        looked_at = 0
        for noun in self.nouns.finditer(text):
            if noun.end() <= looked_at:
                continue
            looked_at = noun.end() + _WITHIN
            near = text[max(0, noun.start() - _WITHIN) : looked_at + _WITHIN]
            if any(one.is_in(near) for one in self.phrases):
                return True
        return False


_IN_LATIN_LETTERS, _IN_OTHERS = _Family.of(_LATIN), _Family.of(_OTHERS)


def overrides_in_another_language(reading: Reading) -> bool:
    """Whether a text says that what was said before is off, in one of some twenty languages."""
    if _IN_LATIN_LETTERS.is_in(reading.latin):
        return True
    return not reading.plain.isascii() and _IN_OTHERS.is_in(reading.plain)
