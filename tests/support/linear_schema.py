"""Linear's published GraphQL schema, read from the npm package @linear/sdk.

The package holds no schema file but the TypeScript declarations that GraphQL Code Generator makes
of the schema, one for each of its types; they say everything that validating a query needs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from graphql import GraphQLSchema, build_schema

# Declarations stand at the beginning of a line; so does the brace that ends them.
_TYPE = re.compile(r"^type (\w+) = [\w &]*\{\n((?:  .*\n)*)\};$", re.MULTILINE)
_UNION = re.compile(r"^type (\w+) = ([\w |]+);$", re.MULTILINE)
_ENUM = re.compile(r"^declare enum (\w+) \{\n((?:  .*\n)*)\}$", re.MULTILINE)
_FIELD = re.compile(r"^  (\w+)(\??): (.+);$", re.MULTILINE)
_VALUE = re.compile(r'^  \w+ = "(\w+)"', re.MULTILINE)
_COMMENT = re.compile(r"^ */\*\*.*?\*/\n", re.MULTILINE | re.DOTALL)
_BUILT_IN = {"ID", "String", "Boolean", "Int", "Float"}


def published_schema(package: Path) -> GraphQLSchema:
    """Return the schema that the declarations of an unpacked @linear/sdk describe."""
    texts = [file.read_text("utf-8") for file in sorted((package / "dist").rglob("*.d.*ts"))]
    [text] = [text for text in texts if "\ntype QueryIssuesArgs = {" in text]
    return build_schema(_Declarations(_COMMENT.sub("", text)).sdl(), assume_valid_sdl=True)


class _Declarations:
    """The declarations of one file, by name."""

    def __init__(self, text: str) -> None:
        self._types = dict(_TYPE.findall(text))
        self._unions = {name: re.findall(r"\w+", body) for name, body in _UNION.findall(text)}
        self._enums = {name: _VALUE.findall(body) for name, body in _ENUM.findall(text)}
        self._written: dict[str, str] = {}
        self._scalars: set[str] = set()

    def sdl(self) -> str:
        """Return everything that can be reached from the root of queries."""
        self._write("Query", is_input=False)
        scalars = sorted(self._scalars - _BUILT_IN)
        return "\n".join([*(f"scalar {name}" for name in scalars), *self._written.values()])

    def _write(self, name: str, *, is_input: bool) -> None:
        if name in self._written:
            return
        self._written[name] = ""  # types refer to one another in circles
        if name in self._enums:
            self._written[name] = f"enum {name} {{ {' '.join(self._enums[name])} }}"
        elif name in self._unions:
            for member in self._unions[name]:
                self._write(member, is_input=is_input)
            self._written[name] = f"union {name} = {' | '.join(self._unions[name])}"
        else:
            fields = "\n".join(self._fields(name, is_input=is_input))
            self._written[name] = f"{'input' if is_input else 'type'} {name} {{\n{fields}\n}}"

    def _fields(self, name: str, *, is_input: bool) -> Iterator[str]:
        for field, _, written in _FIELD.findall(self._types[name]):
            if field == "__typename":
                continue
            kind = self._kind(written, is_input=is_input)
            arguments = "" if is_input else self._arguments(f"{name}{field[0].upper()}{field[1:]}")
            yield f"  {field}{arguments}: {kind}"

    def _arguments(self, name: str) -> str:
        body = self._types.get(f"{name}Args")
        if body is None:
            return ""
        found = [
            f"{name}: {self._kind(written, is_input=True)}"
            for name, _, written in _FIELD.findall(body)
        ]
        return f"({', '.join(found)})"

    def _kind(self, written: str, *, is_input: bool) -> str:
        """Return a type as GraphQL writes it: what is not ``Maybe`` is never null."""
        if match := re.fullmatch(r"(?:Input)?Maybe<(.*)>", written):
            return self._kind(match[1], is_input=is_input).removesuffix("!")
        if match := re.fullmatch(r"Array<(.*)>", written):
            return f"[{self._kind(match[1], is_input=is_input)}]!"
        if match := re.fullmatch(r'Scalars\["(\w+)"\](?:\["\w+"\])?', written):
            self._scalars.add(match[1])
            return f"{match[1]}!"
        self._write(written, is_input=is_input)
        return f"{written}!"
