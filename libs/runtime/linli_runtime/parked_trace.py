"""In whose trace a parked message stands, found out when it is shown (OPS-01, OPS-02). Pure, and not stored."""

from collections.abc import Iterable, Mapping
from typing import Any

import orjson
from linli_messaging.tracing import trace_id_in, trace_id_of
from linli_rulebook.decision import State


def trace_of(row: Mapping[str, Any], deployment: str, states: Iterable[type[State]]) -> dict[str, str | None]:
    """Of a row of ``parked``: the trace's id, and of what it is the trace, as ``linli trace`` asks for it: the case, or
    the subject of what belongs to no case.

    A fact's trace came with it. Whose it is may stand in a body that cannot be read: it is told only where the trace
    follows from it, so a wrong one never is. None: that is not known.
    """
    if row["source"] == "timer":
        kinds = {kind.table: kind for kind in states}
        about = kinds[row["type"]].case_of(row["subject"]) if row["type"] in kinds else row["subject"]
        return {"trace_id": trace_id_of(deployment, about), "trace_of": about}
    trace_id = trace_id_in(str(orjson.loads(row["headers"]).get("traceparent", "")))
    candidates = (_case_in(row["body"]), row["subject"])
    found = (one for one in candidates if one is not None and trace_id_of(deployment, one) == trace_id)
    return {"trace_id": trace_id, "trace_of": next(found, None)}


def _case_in(body: bytes) -> str | None:
    try:
        said = orjson.loads(body)
    except ValueError:
        return None
    case_id = said.get("case_id") if isinstance(said, dict) else None
    return case_id if isinstance(case_id, str) else None
