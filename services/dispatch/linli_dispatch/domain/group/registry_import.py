"""An import of the organisation that holds from one instant on, whole or not at all (ORG-01).

It is opened with its instant, changes are planned in its name, and it is confirmed once all are. What becomes of it:

    open ──confirm──> confirmed ──its instant──> begun
      │                   │
      ├──its instant──> lapsed
      └──withdraw──> withdrawn <──withdraw──┘

Begun, lapsed and withdrawn are final. Its own clock settles it two grains before its instant, a place whose change
begins one grain before it reads what it came to, and settles it where that clock is late: both hold its lane, so that
all places find the same, and nobody confirms or withdraws what one of them has found.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from hashlib import sha256
from typing import ClassVar, Final, Literal

from linli_contracts.events.dispatch import (
    RegistryImportConfirmed,
    RegistryImportLapsed,
    RegistryImportWithdrawn,
)
from linli_rulebook.decision import NOTHING, Because, Decision, Refusal, State, Timer
from pydantic import AwareDatetime

from linli_dispatch.domain.group.import_refusals import (
    IMPORT_BEGUN,
    IMPORT_CONFIRMED,
    IMPORT_LAPSED,
    IMPORT_NOT_AHEAD,
    IMPORT_OTHER_INSTANT,
    IMPORT_WITHDRAWN,
)
from linli_dispatch.domain.group.planned_change import JUST_BEFORE

IMPORT_SETTLES: Final = "import_settles"
BEFORE: Final = 2 * JUST_BEFORE
"""So long before its instant it is settled: a grain before the first of its places looks."""
ImportStatus = Literal["open", "confirmed", "begun", "lapsed", "withdrawn"]


class RegistryImport(State):
    """An import: who may add to it, from when on it holds, where it stands. The id is a key, so it has a lane."""

    table: ClassVar[str] = "registry_import"

    org: str
    """The part of the organisation whose people may add to it and end it."""
    digest: str | None = None
    """Of the files that it brings in, as whoever opened it says: it is found again by them."""
    from_at: AwareDatetime
    opened_at: AwareDatetime
    status: ImportStatus = "open"

    @property
    def settles_at(self) -> datetime:
        """When it is settled, by its own clock: before the first of its changes begins."""
        return self.from_at - BEFORE

    def timers(self) -> Iterator[Timer]:
        """Its instant, as long as it has not come."""
        if self.status in _PENDING:
            yield Timer(self.settles_at, IMPORT_SETTLES)


_PENDING: Final = frozenset({"open", "confirmed"})
_ENDED: Final[Mapping[ImportStatus, Refusal]] = {
    "begun": IMPORT_BEGUN, "lapsed": IMPORT_LAPSED, "withdrawn": IMPORT_WITHDRAWN,
}  # fmt: skip


def import_id(command_id: str) -> str:
    """The import that a command opens."""
    return f"import-{sha256(command_id.encode()).hexdigest()[:20]}"


def open_import(known: RegistryImport | None, wanted: RegistryImport) -> Decision | Refusal:
    """A new import; its instant lies ahead (422 otherwise). May be called twice."""
    if known is not None:
        return Decision(answer=_answer(known))
    if wanted.from_at <= wanted.opened_at + BEFORE:
        return IMPORT_NOT_AHEAD
    return _now(wanted, "import opened")


def add_to(one: RegistryImport, from_at: datetime | None, now: datetime) -> Refusal | None:
    """Why a change from that instant on is not planned in its name; None: it may be."""
    if one.status == "confirmed":
        return IMPORT_CONFIRMED
    return _over(one, now) or (None if from_at == one.from_at else IMPORT_OTHER_INSTANT)


def confirm(one: RegistryImport, now: datetime) -> Decision | Refusal:
    """All is planned: it holds from its instant on. May be called twice; refused once it is over, by what ended it."""
    over = _over(one, now)
    if over:
        return over
    if one.status == "confirmed":
        return Decision(answer=_answer(one))
    told = RegistryImportConfirmed(import_id=one.id, from_at=one.from_at, confirmed_at=now)
    return _now(one.model_copy(update={"status": "confirmed"}), "import confirmed") + Decision(events=(told,))


def withdraw_import(one: RegistryImport, now: datetime) -> Decision | Refusal:
    """None of its changes is to begin, whether it was confirmed or not; refused once it is over, by what ended it."""
    over = _over(one, now)
    if over:
        return over
    told = RegistryImportWithdrawn(import_id=one.id, from_at=one.from_at, withdrawn_at=now)
    return _now(one.model_copy(update={"status": "withdrawn"}), "import withdrawn") + Decision(events=(told,))


def settle(one: RegistryImport) -> tuple[RegistryImport, Decision]:
    """What its instant makes of it: begun if it was confirmed, else lapsed; nothing where that is settled already."""
    if one.status not in _PENDING:
        return one, NOTHING
    if one.status == "confirmed":
        begun = one.model_copy(update={"status": "begun"})
        return begun, _now(begun, "import begun")
    lapsed = one.model_copy(update={"status": "lapsed"})
    told = RegistryImportLapsed(import_id=one.id, from_at=one.from_at, opened_at=one.opened_at)
    return lapsed, _now(lapsed, "import lapsed") + Decision(events=(told,))


def why_not_begun(one: RegistryImport) -> Refusal | None:
    """Why no change of it begins, for certain; None: it has begun, or may yet."""
    return None if one.status == "begun" else _ENDED.get(one.status)


def will_hold(one: RegistryImport) -> bool:
    """Whether its changes hold from its instant on, as far as anybody knows."""
    return one.status in {"confirmed", "begun"}


def _over(one: RegistryImport, now: datetime) -> Refusal | None:
    if one.status in _ENDED:
        return _ENDED[one.status]
    if one.settles_at > now:
        return None
    return IMPORT_BEGUN if one.status == "confirmed" else IMPORT_LAPSED


def _now(one: RegistryImport, what: str) -> Decision:
    because = Because("ORG-01", what, one.id, facts={"from_at": one.from_at})
    return Decision(save=(one,), because=(because,), answer=_answer(one))


def _answer(one: RegistryImport) -> Mapping[str, object]:
    return {"import_id": one.id, "from_at": one.from_at, "status": one.status}
