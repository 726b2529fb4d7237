"""After receipt: corrected facts (graded again, INT-06), words the customer adds, withdrawal (INT-15)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Final

from linli_contracts.events.intake import (
    Category,
    ComplaintAmended,
    ComplaintWithdrawn,
    RequestFacts,
    RequestKind,
    Trade,
)
from linli_rulebook import Policy
from linli_rulebook.decision import Because, Decision, Outcome, Refusal
from pydantic import BaseModel, ConfigDict, Field

from linli_intake.domain.completeness import CODE_PATTERN, MOST_PEOPLE
from linli_intake.domain.group import Group, group_of
from linli_intake.domain.regrading import Ruling, decided, regrade
from linli_intake.domain.request import Addition, Lawsuit, Publication, Request, RequestText

Code = Annotated[str, Field(pattern=CODE_PATTERN)]


class Amendment(BaseModel):
    """Facts as they really are; what is left out stays as it was. `trade` and `place` may be taken back with null."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    kind: RequestKind | None = None
    """A kind may turn into another without losing its history (INT-02)."""
    category: Category | None = None
    subcategory: Code | None = None
    people: Annotated[int, Field(ge=1, le=MOST_PEOPLE)] | None = None
    lawsuit: Lawsuit | None = None
    publication: Publication | None = None
    repeated: bool | None = None
    needs_consultants: bool | None = None
    emergency: bool | None = None
    trade: Trade | None = None
    place: Code | None = None


_MAY_BE_TAKEN_BACK: Final = frozenset({"trade", "place"})


def changes(request: Request, amendment: Amendment) -> dict[str, Any]:
    """The fields that the amendment really changes, with their new values."""
    stated = amendment.model_fields_set & Amendment.model_fields.keys()
    values = {field: getattr(amendment, field) for field in sorted(stated)}
    return {
        field: value
        for field, value in values.items()
        if value != getattr(request, field) and (value is not None or field in _MAY_BE_TAKEN_BACK)
    }


def amend(
    request: Request,
    changed: Mapping[str, Any],
    group: Group | None,
    requests: Mapping[str, Request],
    ruling: Ruling,
    reason: str | None,
    now: datetime,
) -> Outcome:
    """The request with the changed facts, it and (when its people changed) all of its group graded again.

    `requests` are the group's members when the people changed. A level falls only with a person's reason (INT-06):
    without one it is refused and nothing changes. The reason's words are not kept here: they may name people.
    """
    if request.is_over:
        return over(request)
    if not changed:
        return Decision(answer={"case_id": request.id, "level": request.level, "changed": []})
    amended = request.model_copy(update=dict(changed))
    now_counted = (
        group_of(group.id, tuple(({**requests, amended.id: amended}).values()))
        if group and "people" in changed
        else group
    )
    others = [stored for identity, stored in requests.items() if identity != request.id]
    regraded = [
        regrade(request, amended, now_counted, ruling, may_fall=True),
        *(regrade(stored, stored, now_counted, ruling, may_fall=True) for stored in others),
    ]
    if any(one.fell for one in regraded) and not reason:
        return Refusal(
            "lowering-needs-a-reason",
            "INT-06",
            "更正后等级会降低：请说明理由。",
            "The level would fall: say the reason.",
            422,
            (("reason", "why the facts were stated wrongly"),),
        )
    names = tuple(changed)
    facts = {"changed": list(names), "level": regraded[0].request.level, "reason_given": bool(reason)}
    return Decision(
        save=(now_counted,) if now_counted is not None and now_counted is not group else (),
        events=(told_amended(amended, names, now),),
        because=(*_emergency(amended, changed), Because("INT-06", "facts amended", request.id, facts=facts)),
        answer={"case_id": request.id, "level": regraded[0].request.level, "changed": list(names)},
    ) + decided(regraded, now)


def add_words(request: Request, text: RequestText, said: str, policy: Policy, now: datetime) -> Outcome:
    """The customer's further words, kept after the first ones; nothing said before is ever replaced (INT-03)."""
    if request.is_over:
        return over(request)
    limit, most = policy.integer("intake.text_limit"), policy.integer("intake.additions_limit")
    if not said.strip() or len(said) > limit:
        return Refusal(
            "text-length",
            "INT-03",
            f"补充内容应为1至{limit}字。",
            f"An addition has 1 … {limit} characters.",
            422,
            (("adds", f"1 … {limit} characters in any language"),),
        )
    if len(text.additions) >= most:
        return Refusal(
            "too-many-additions",
            "INT-15",
            f"最多补充{most}次。",
            f"At most {most} additions.",
            422,
            (("adds", "left out: say it in a new request"),),
        )
    longer = text.model_copy(update={"additions": (*text.additions, Addition(said=said, said_at=now))})
    return Decision(
        save=(longer,),
        events=(told_amended(request, ("additions",), now),),
        answer={"case_id": request.id, "level": request.level, "changed": ["additions"]},
    )


def withdraw(request: Request, by: str, now: datetime) -> Outcome:
    """The customer takes the request back. It stays in its group, until a person unlinks it: it was said after all."""
    if request.is_over:
        return over(request)
    gone = request.model_copy(update={"status": "withdrawn", "standing_since": now})
    return Decision(
        save=(gone,),
        events=(ComplaintWithdrawn(case_id=request.id, estate_id=request.estate_id, withdrawn_at=now),),
        because=(Because("INT-15", "withdrawn", request.id, facts={"by": by}),),
        answer={"case_id": request.id, "status": "withdrawn"},
    )


def over(request: Request) -> Refusal:
    """A request that is closed or withdrawn takes no more changes; a new complaint is a new request."""
    zh = {"closed": "已办结", "withdrawn": "已撤回"}[request.status]
    return Refusal(f"request-{request.status}", "INT-06", f"该请求{zh}。", f"The request is {request.status}.")


def told_amended(request: Request, names: tuple[str, ...], now: datetime) -> ComplaintAmended:
    """The fact that these fields of the request, as it is now, changed; never the words."""
    return ComplaintAmended(
        case_id=request.id,
        estate_id=request.estate_id,
        changed=names,
        amended_at=now,
        is_now=RequestFacts(
            kind=request.kind,
            category=request.category,
            subcategory=request.subcategory,
            trade=request.trade,
            place=request.place,
            emergency=request.emergency,
        ),
    )


def _emergency(amended: Request, changed: Mapping[str, Any]) -> tuple[Because, ...]:
    if not changed.get("emergency"):
        return ()
    return (Because("INT-11", "emergency", amended.id, amended.policy_version, {"place": amended.place}),)
