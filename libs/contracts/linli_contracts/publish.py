"""What is published of every event: its JSON Schema and a golden sample, as files of this package.

``schemas/<Type>.v<version>.json`` follows the model as long as a change is compatible. Its sample of the same name, in
``samples/``, is written once and never again, so that the oldest body of a version must stay readable.

    python -m linli_contracts.publish --check    says what is missing, changed or broken
    python -m linli_contracts.publish --write    writes what is missing or changed compatibly

A version that nobody has received yet may be changed freely: delete its two files and write them anew.
"""

import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from linli_contracts.compatibility import incompatibilities
from linli_contracts.envelope import Envelope, decode, derived_id, headers_of, read_headers
from linli_contracts.event import ID_PATTERN, Event
from linli_contracts.events import EVENTS
from linli_contracts.json_schema import Node, accepts
from linli_contracts.lanes import lane_of_key

PUBLISHED: Final = Path(__file__).parent
DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"

_AT: Final = "2026-03-10T02:15:30Z"
_SAMPLES: Final[Mapping[str, str]] = {
    "basis": "in_warranty",
    "building": "3",
    "callback_id": "xh01.b1-c9f2a6b41d07",
    "case_id": "xh01.c9f2a6b41d07",
    "cause": "rainstorm",
    "contract_id": "k2026-017",
    "contractor_id": "ys-fangshui",
    "customer_ref": "5f0c1d9e7a3b4c2d8e6f0a1b",
    "deduction_id": "k2026-017.d51c0de77a2b",
    "desk": "engineering",
    "estate_id": "xh01",
    "estate_ids": "xh01",
    "home_id": "xh01.1-3-502",
    "language": "zh-CN",
    "linked_case_ids": "xh01.c51c0de77a2b",
    "member_no": "6517885577191867492",
    "message_id": "xh01.m2-b1-c9f2a6b41d07",
    "name": "星河湾",
    "order_id": "xh01.o51c0de77a2b",
    "phase": "1",
    "phases": "1",
    "place": "kitchen",
    "policy_version": "2000.1",
    "project_id": "xinghe",
    "region_id": "east",
    "release_id": "k2026-017.r1-1",
    "replacement_id": "ha-fangshui",
    "rule": "DSP-03",
    "skills": "waterproofing",
    "staff_id": "agent-03",
    "storm_id": "xh01.st51c0de77a2b",
    "subcategory": "leak",
    "unlinked_case_id": "xh01.c51c0de77a2b",
    "zone": "Asia/Shanghai",
}
"""Texts that look like real ones; any other field is sampled by its type and name."""
_STAFF: Final = frozenset({"handler_id", "owner_id", "person_id"})


def file_name(model: type[Event]) -> str:
    """``ComplaintReceived.v1.json``."""
    return f"{model.type_name()}.v{model.version}.json"


def schema_of(model: type[Event]) -> dict[str, Any]:
    """The JSON Schema of an event's body, as a reader may rely on it."""
    return {"$schema": DIALECT, "$id": f"urn:linli:{model.type_name()}:v{model.version}", **model.model_json_schema()}


def sample_of(model: type[Event]) -> dict[str, Any]:
    """A full example: every field is there. The same for the same model, on every machine."""
    node = Node.of(schema_of(model))
    event = model.model_validate({name: _value(below, name) for name, below in node.properties.items()})
    envelope = Envelope(
        id=derived_id("golden-sample", model.type_name(), 0),
        type=model.type_name(),
        version=model.version,
        deployment="sample",
        producer=model.producer,
        at=datetime.fromisoformat(_AT),
        subject=event.subject,
        key=event.key,
        lane=lane_of_key(event.key),
        number=1,
        traceparent="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    )
    headers = {name: value.decode() for name, value in headers_of(envelope)}
    return {"headers": headers, "data": event.model_dump(mode="json", exclude_none=True)}


def read_sample(sample: Mapping[str, Any]) -> Event:
    """The event of a sample, read as a record of the bus is. Raises ``EnvelopeError`` as that does."""
    envelope = read_headers((name, value.encode()) for name, value in sample["headers"].items())
    return decode(envelope, json.dumps(sample["data"]).encode())


def problems(directory: Path = PUBLISHED, models: Iterable[type[Event]] = EVENTS) -> Iterator[str]:
    """What is wrong with the published files, a line each; nothing: they are complete, current and compatible."""
    models = tuple(models)
    names = {file_name(model) for model in models}
    for folder in ("schemas", "samples"):
        for path in sorted((directory / folder).glob("*.json")):
            if path.name not in names:
                yield f"{folder}/{path.name}: was published, and no model reads it any more"
    for model in models:
        name = file_name(model)
        schema, sample = _read(directory / "schemas" / name), _read(directory / "samples" / name)
        if schema is None or sample is None:
            yield f"{name}: is not published yet (--write)"
            continue
        broken = [f"{name}: {found}" for found in incompatibilities(schema, schema_of(model))]
        if not broken and schema != schema_of(model):
            broken = [f"{name}: the schema has changed, compatibly (--write)"]
        yield from broken
        yield from (f"{name}: {trouble}" for trouble in _unreadable(sample, model, schema))


def write(directory: Path = PUBLISHED, models: Iterable[type[Event]] = EVENTS) -> list[str]:
    """Writes what is missing or has changed compatibly; returns what it refuses to overwrite, and why."""
    refused = []
    for model in models:
        schema, sample = directory / "schemas" / file_name(model), directory / "samples" / file_name(model)
        before, now = _read(schema), schema_of(model)
        broken = [] if before is None else [f"{schema.name}: {found}" for found in incompatibilities(before, now)]
        refused += broken
        if not broken and before != now:
            _write(schema, now)
        if not sample.exists():
            _write(sample, sample_of(model))
    return refused


def main(arguments: Sequence[str]) -> int:
    """The command line; returns the exit status."""
    if list(arguments) not in (["--write"], ["--check"]):
        sys.stderr.write("usage: python -m linli_contracts.publish --write | --check\n")
        return 2
    refused = write() if list(arguments) == ["--write"] else []
    found = list(dict.fromkeys([*refused, *problems()]))
    sys.stderr.writelines(f"{line}\n" for line in found)
    return 1 if found else 0


def _unreadable(sample: Mapping[str, Any], model: type[Event], schema: Mapping[str, Any]) -> Iterator[str]:
    try:
        event = read_sample(sample)
    except ValueError as error:
        yield f"today's model does not read the golden sample: {error}"
        return
    if not isinstance(event, model):
        yield f"the golden sample is of {event.type_name()}"
    if not accepts(schema, sample_of(model)["data"]):
        yield "yesterday's reader refuses today's event"


def _value(node: Node, name: str) -> Any:  # noqa: ANN401 - whatever JSON holds
    option = next(found for found in node.alternatives() if found.type != "null")
    if option.values is not None:
        return option.values[0]
    match option.type:
        case "object":
            return {field: _value(below, field) for field, below in option.properties.items()}
        case "array":
            items = option.below("items")
            return [] if items is None else [_value(items, name)]
        case "boolean":
            return True
        case "integer" | "number":
            return max(option.schema.get("minimum", 1), 1)
        case _:
            return _text(option, name)


def _text(node: Node, name: str) -> str:
    if node.schema.get("format") == "date-time":
        return _AT
    if node.schema.get("format") == "date":
        return _AT[:10]
    if name in _SAMPLES:
        return _SAMPLES[name]
    if node.schema.get("pattern") == ID_PATTERN:
        return f"xh01.{name}"
    return _SAMPLES["staff_id"] if name in _STAFF or name.endswith("_by") else name


def _read(path: Path) -> dict[str, Any] | None:
    if not path.exists():
        return None
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content


def _write(path: Path, content: Mapping[str, Any]) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(content, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
