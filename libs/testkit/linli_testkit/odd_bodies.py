"""Odd bodies for commands: JSON that a client could send and a form would let pass, made from the body's own schema.

Strings hold what a keyboard seldom gives (NUL, line feeds, right-to-left marks), numbers lie at and beyond the limits,
instants at the ends of time, lists name the same thing twice, and now and then there is a field too many.
Hypothesis draws them, so a failing one is made small. For tests only.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from hypothesis import strategies as st
from linli_contracts.event import ID_PATTERN, KEY_PATTERN
from linli_messaging.service_map import OnCommand
from linli_runtime.commands import FILLED_IN

INSTANTS: Final = (
    "0001-01-01T00:00:00+08:00", "0001-01-01T00:00:00Z", "1999-12-31T16:00:00Z", "2024-02-29T23:59:60Z",
    "2025-03-09T12:00:00+08:00", "2025-03-10T02:00:00.000001Z", "2098-12-31T23:59:59Z", "9999-12-31T23:59:59-08:00",
)  # fmt: skip
DATES: Final = ("0001-01-01", "1989-12-31", "1999-02-28", "2024-02-29", "2025-03-03", "2098-12-31", "9999-12-31")
NUMBERS: Final = (-(2**63), -1, 0, 1, 2, 3, 100, 101, 2**31, 2**63 - 1, 2**64 - 1, 1e30, 1.5)
"""JSON as it is read here has no whole number above 64 bits; beyond them it is a float."""
WORDS: Final = ("", " ", "\x00", "a\x00b", "\n", "\u202e", "'; --", "0", "null", "漏水", "🏠", "%00", "../..", "x" * 65)

Schema = Mapping[str, Any]


def odd_bodies(
    entry: OnCommand[Any], plain: Mapping[str, Any], known: Sequence[str]
) -> st.SearchStrategy[dict[str, Any]]:
    """The `plain` body of this command with a few fields made odd, so that most get past the form and reach a state.

    Ids among them are mostly `known` ones.
    """
    schema = entry.body.model_json_schema()
    fields = {name: field for name, field in schema["properties"].items() if name not in FILLED_IN}
    made = _Made(schema.get("$defs", {}), tuple(known))
    odd = {name: made.of(field) for name, field in fields.items()}
    a_few = st.lists(st.sampled_from(sorted(odd)), max_size=2, unique=True).flatmap(
        lambda names: st.fixed_dictionaries({name: odd[name] for name in names})
    )
    # One in ten or so is not the form's at all.
    stray = st.sampled_from([{}] * 18 + [{"command_id": "mine"}, {"no_such_field": 1}])
    return st.builds(lambda changed, more: {**plain, **changed, **more}, a_few, stray)


class _Made:
    """Strategies for parts of one schema."""

    def __init__(self, definitions: Mapping[str, Schema], known: tuple[str, ...]) -> None:
        self._definitions, self._known = definitions, known

    def of(self, schema: Schema) -> st.SearchStrategy[Any]:
        """Values of this part of the schema, and some that are just not."""
        if "$ref" in schema:
            return self.of(self._definitions[schema["$ref"].rpartition("/")[2]])
        if "anyOf" in schema:
            return st.one_of([self.of(option) for option in schema["anyOf"]])
        if "enum" in schema or "const" in schema:
            return st.sampled_from([*schema.get("enum", ()), *([schema["const"]] if "const" in schema else ())])
        made = getattr(self, f"_{schema.get('type', 'anything')}", None)
        values: st.SearchStrategy[Any] = made(schema) if made else st.none()
        return values

    def _null(self, _schema: Schema) -> st.SearchStrategy[None]:
        return st.none()

    def _boolean(self, _schema: Schema) -> st.SearchStrategy[bool]:
        return st.booleans()

    def _number(self, schema: Schema) -> st.SearchStrategy[Any]:
        return self._integer(schema) | st.floats(allow_nan=False, allow_infinity=False)

    def _integer(self, schema: Schema) -> st.SearchStrategy[Any]:
        least = schema.get("minimum", schema.get("exclusiveMinimum", 0))
        most = schema.get("maximum", 10)
        return st.sampled_from([*NUMBERS, least, least + 1, most, most + 1]) | st.integers(
            least + 1, max(least + 1, most)
        )

    def _string(self, schema: Schema) -> st.SearchStrategy[str]:
        if schema.get("format") == "date-time":
            return st.sampled_from(INSTANTS)
        if schema.get("format") == "date":
            return st.sampled_from(DATES)
        known = st.sampled_from(self._known)
        pattern = schema.get("pattern")
        if pattern in (KEY_PATTERN, ID_PATTERN):
            return known | known | st.from_regex(str(pattern), fullmatch=True)
        if pattern is not None:
            fitting: st.SearchStrategy[str] = st.from_regex(str(pattern), fullmatch=True)
            return fitting | st.sampled_from(WORDS)
        # A codec that has no lone surrogates, as no JSON that is read here has.
        return known | st.sampled_from(WORDS) | st.text(st.characters(codec="utf-8"), max_size=40)

    def _array(self, schema: Schema) -> st.SearchStrategy[list[Any]]:
        items = st.lists(self.of(schema.get("items", {})), max_size=3)
        return items | items.map(lambda told: told + told)

    def _object(self, schema: Schema) -> st.SearchStrategy[dict[str, Any]]:
        if "properties" in schema:
            return st.fixed_dictionaries({}, optional={n: self.of(part) for n, part in schema["properties"].items()})
        names = self.of({"type": "string", **schema.get("propertyNames", {})})
        return st.dictionaries(names, self.of(schema.get("additionalProperties", {})), max_size=3)
