"""Commands and their answers as they travel in bulk: one JSON line each (`POST /commands`)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson

from linli_cli.language import Words


@dataclass(frozen=True, slots=True)
class Command:
    """One command of a service. `id` is its identity for ever: sent twice, it is done once."""

    name: str
    id: str
    body: Mapping[str, Any]
    at: datetime | None = None
    """Its instant; on the stepped clock only."""

    def line(self) -> bytes:
        """Its NDJSON line."""
        said: dict[str, Any] = {"name": self.name, "id": self.id, "body": self.body}
        if self.at is not None:
            said["at"] = self.at
        return orjson.dumps(said, option=orjson.OPT_APPEND_NEWLINE | orjson.OPT_UTC_Z)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a service answered to one command: `answer` if it was done, `problem` (problem+json) if refused."""

    id: str
    status: int
    answer: Mapping[str, Any] = field(default_factory=dict)
    problem: Mapping[str, Any] = field(default_factory=dict)
    repeated: bool = False
    """Whether the service had answered this command before, and says the same again."""

    @property
    def done(self) -> bool:
        """Whether the command was accepted, now or when it was first sent."""
        return 200 <= self.status < 300  # noqa: PLR2004 - HTTP's own numbers

    @property
    def code(self) -> str:
        """The refusal's stable name; empty when there is none."""
        return str(self.problem.get("code", ""))

    @property
    def rule(self) -> str:
        """The rule that refuses it; empty when there is none."""
        return str(self.problem.get("rule") or "")

    @property
    def why(self) -> Words:
        """The refusal, as the service said it."""
        zh, en = self.problem.get("detail"), self.problem.get("detail_en") or self.problem.get("title")
        if not zh and not en:
            return Words(self.code or str(self.status), self.code or str(self.status))
        faults = "; ".join(f"{each.get('field')}: {each.get('allowed')}" for each in self.problem.get("errors") or ())
        where = f" [{faults}]" if faults else ""
        return Words(f"{zh or en}{where}", f"{en or zh}{where}")

    @classmethod
    def read(cls, line: bytes | str) -> "Answer":
        """One line of the service's answer."""
        said = orjson.loads(line)
        return cls(
            id=str(said["id"]),
            status=int(said["status"]),
            answer=said.get("answer") or {},
            problem=said.get("problem") or {},
            repeated=bool(said.get("repeated", False)),
        )
