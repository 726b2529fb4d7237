"""As much of JSON Schema as event models use: resolving references, telling alternatives apart, accepting a value.

A keyword that is not known here is an error, never silently passed over: a comparison that ignores half of a schema
would call everything compatible.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

Schema = Mapping[str, Any]

_ANNOTATIONS: Final = frozenset({"$defs", "$id", "$schema", "default", "description", "examples", "title"})
CONSTRAINTS: Final = frozenset(
    {
        "$ref", "additionalProperties", "anyOf", "const", "enum", "exclusiveMaximum", "exclusiveMinimum", "format",
        "items", "maxItems", "maxLength", "maximum", "minItems", "minLength", "minimum", "pattern", "prefixItems",
        "properties", "required", "type",
    }
)  # fmt: skip
_KNOWN: Final = _ANNOTATIONS | CONSTRAINTS

_TYPES: Final[Mapping[str, tuple[type, ...]]] = {
    "array": (list,),
    "boolean": (bool,),
    "integer": (int,),
    "null": (type(None),),
    "number": (int, float),
    "object": (dict,),
    "string": (str,),
}


class UnknownKeywordError(ValueError):
    """A schema uses a keyword that this module does not know."""


@dataclass(frozen=True, slots=True)
class Node:
    """One place of a schema, with the document that its references lead into."""

    schema: Schema
    root: Schema

    @classmethod
    def of(cls, document: Schema) -> "Node":
        """The top of a document."""
        return cls(document, document).resolved()

    @property
    def type(self) -> str | None:
        """The one type it takes; None: any."""
        found: str | None = self.schema.get("type")
        return found

    @property
    def required(self) -> frozenset[str]:
        """The properties that must be there."""
        return frozenset(self.schema.get("required", ()))

    @property
    def properties(self) -> Mapping[str, "Node"]:
        """The properties it names."""
        return {name: self.at(below) for name, below in self.schema.get("properties", {}).items()}

    @property
    def values(self) -> tuple[Any, ...] | None:
        """The values it takes, where it lists them."""
        if "const" in self.schema:
            return (self.schema["const"],)
        return tuple(self.schema["enum"]) if "enum" in self.schema else None

    def at(self, schema: Schema) -> "Node":
        """Another place of the same document. Raises :class:`UnknownKeywordError`."""
        return Node(schema, self.root).resolved()

    def below(self, keyword: str) -> "Node | None":
        """The schema under ``keyword``, where there is one."""
        found = self.schema.get(keyword)
        return self.at(found) if isinstance(found, Mapping) else None

    def alternatives(self) -> tuple["Node", ...]:
        """The schemas of which a value fulfils one: this one, where there is no choice."""
        if "anyOf" not in self.schema:
            return (self,)
        return tuple(found for option in self.schema["anyOf"] for found in self.at(option).alternatives())

    def resolved(self) -> "Node":
        """The place that this one refers to, or itself. Raises :class:`UnknownKeywordError`."""
        if unknown := self.schema.keys() - _KNOWN:
            raise UnknownKeywordError(f"JSON Schema keywords that are not known here: {', '.join(sorted(unknown))}")
        reference = self.schema.get("$ref")
        if reference is None:
            return self
        found: Any = self.root
        for step in reference.removeprefix("#/").split("/"):
            found = found[step]
        return Node(found, self.root).resolved()


def accepts(document: Schema, value: object) -> bool:
    """Whether ``value`` (as JSON was read) fulfils the schema; properties that it does not name may be there."""
    return _accepts(Node.of(document), value)


def accepts_at(node: Node, value: object) -> bool:
    """The same for one place of a schema."""
    return _accepts(node, value)


def _accepts(node: Node, value: object) -> bool:
    return any(_takes(option, value) for option in node.alternatives())


def _takes(node: Node, value: object) -> bool:
    if node.values is not None and not any(
        value == allowed and type(value) is type(allowed) for allowed in node.values
    ):
        return False
    if node.type is not None and not _has_type(value, node.type):
        return False
    return all(_checks(node, value))


def _has_type(value: object, name: str) -> bool:
    return isinstance(value, _TYPES[name]) and (name == "boolean" or not isinstance(value, bool))


def _checks(node: Node, value: object) -> Iterator[bool]:
    schema = node.schema
    if isinstance(value, str):
        yield re.search(schema.get("pattern", ""), value) is not None
        yield schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", len(value))
        yield _has_format(value, schema.get("format"))
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield schema.get("minimum", value) <= value <= schema.get("maximum", value)
        yield "exclusiveMinimum" not in schema or schema["exclusiveMinimum"] < value
        yield "exclusiveMaximum" not in schema or value < schema["exclusiveMaximum"]
    elif isinstance(value, list):
        places = [node.at(place) for place in schema.get("prefixItems", ())]
        others = node.below("items")
        yield schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", len(value))
        yield all(_accepts(place, item) for place, item in zip(places, value, strict=False))
        yield others is None or all(_accepts(others, item) for item in value[len(places) :])
    elif isinstance(value, dict):
        named = node.properties
        others = node.below("additionalProperties")
        yield node.required <= value.keys()
        yield all(_accepts(named[name], below) for name, below in value.items() if name in named)
        yield others is None or all(_accepts(others, below) for name, below in value.items() if name not in named)


def _has_format(value: str, name: str | None) -> bool:
    reader = {"date-time": datetime.fromisoformat, "date": date.fromisoformat}.get(name or "")
    try:
        return reader is None or reader(value) is not None
    except ValueError:
        return False
