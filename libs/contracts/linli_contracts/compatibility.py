"""Whether a version of an event may change like this: additively, or not at all (DESIGN 3).

Two comparisons, each of what one side writes with what the other reads: yesterday's reader must take all that today's
model may write, and today's model all that yesterday's wrote. The writer's schema counts as closed (it writes nothing
that it does not name) and the reader's as open (it ignores what it does not know), so that a new optional field passes
while a removed or retyped field, a new required one, and any other set of values do not.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from linli_contracts.json_schema import Node, Schema, accepts_at


@dataclass(frozen=True, slots=True)
class Incompatibility:
    """One reason why a change needs a new version of the event."""

    where: str
    """The path of the field: ``gates[].why``; empty for the event itself."""
    what: str

    def __str__(self) -> str:
        """One line for a console."""
        return f"{self.where or 'the event'}: {self.what}"


def incompatibilities(yesterday: Schema, today: Schema) -> tuple[Incompatibility, ...]:
    """Everything that keeps ``today`` from being a revision of ``yesterday``; none: the version stays the same.

    Raises :class:`~linli_contracts.json_schema.UnknownKeywordError` rather than pass over what it can't compare.
    """
    before, after = Node.of(yesterday), Node.of(today)
    gone = sorted(set(_paths(before, "")) - set(_paths(after, "")))
    return tuple(
        dict.fromkeys(
            (
                *(Incompatibility(path, "was removed") for path in gone),
                *_refusals(before, after, "", "yesterday's reader"),
                *_refusals(after, before, "", "today's reader"),
            )
        )
    )


def _paths(node: Node, where: str) -> Iterator[str]:
    """The path of every named property."""
    for option in node.alternatives():
        for name, below in option.properties.items():
            path = f"{where}.{name}" if where else name
            yield path
            yield from _paths(below, path)
        items = option.below("items")
        if items is not None:
            yield from _paths(items, f"{where}[]")


def _refusals(reader: Node, writer: Node, where: str, who: str) -> Iterator[Incompatibility]:
    """What ``writer`` may write and ``reader`` refuses: each written alternative needs one that reads it."""
    options = reader.alternatives()
    for written in writer.alternatives():
        alike = [option for option in options if option.type == written.type] or options
        found = [tuple(_refused(option, written, where, who)) for option in alike]
        if all(found):
            yield from min(found, key=len)


def _refused(reader: Node, writer: Node, where: str, who: str) -> Iterator[Incompatibility]:
    if writer.values is not None:
        for value in writer.values:
            if not accepts_at(reader, value):
                yield Incompatibility(where, f"{who} refuses the value {value!r}")
        return
    if reader.values is not None:
        yield Incompatibility(where, f"{who} takes listed values only, and any {writer.type} may be written")
        return
    if reader.type is not None and reader.type != writer.type and (reader.type, writer.type) != ("number", "integer"):
        yield Incompatibility(where, f"{who} takes {reader.type}, and {writer.type or 'anything'} is written")
        return
    yield from _limits(reader, writer, where, who)
    yield from _below(reader, writer, where, who)


_UPPER = ("maximum", "exclusiveMaximum", "maxLength", "maxItems")
_LOWER = ("minimum", "exclusiveMinimum", "minLength", "minItems")
_EXACT = ("pattern", "format")


def _limits(reader: Node, writer: Node, where: str, who: str) -> Iterator[Incompatibility]:
    for keyword in (*_UPPER, *_LOWER, *_EXACT):
        asked, kept = reader.schema.get(keyword), writer.schema.get(keyword)
        if asked is None or asked == kept:
            continue
        looser = kept is None or keyword in _EXACT or (kept > asked if keyword in _UPPER else kept < asked)
        if looser:
            yield Incompatibility(where, f"{who} asks for {keyword} {asked}, and {keyword} {kept} is written")


def _below(reader: Node, writer: Node, where: str, who: str) -> Iterator[Incompatibility]:
    for name in sorted(reader.required - writer.required):
        path = f"{where}.{name}" if where else name
        yield Incompatibility(path, f"{who} requires it, and it is not always written")
    written = writer.properties
    for name, below in reader.properties.items():
        if name in written:
            yield from _refusals(below, written[name], f"{where}.{name}" if where else name, who)
    for keyword in ("items", "additionalProperties"):
        asked, kept = reader.below(keyword), writer.below(keyword)
        if asked is not None and kept is not None:
            yield from _refusals(asked, kept, f"{where}[]", who)
        elif asked is not None and (keyword == "items" or not writer.properties):
            yield Incompatibility(where, f"{who} asks for certain {keyword}, and any are written")
    places = tuple(schema.schema.get("prefixItems", ()) for schema in (reader, writer))
    if len(places[0]) != len(places[1]):
        yield Incompatibility(where, f"{who} takes {len(places[0])} places, and {len(places[1])} are written")
    for number, (asked_at, kept_at) in enumerate(zip(*places, strict=False)):
        yield from _refusals(reader.at(asked_at), writer.at(kept_at), f"{where}[{number}]", who)
