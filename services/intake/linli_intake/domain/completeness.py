"""When a form is complete (INT-03): everything missing or not allowed is listed, each with what is allowed, zh and en.

Pure checks only; what happens to an incomplete form is in `quarantine.py`.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final, get_args

from linli_contracts.events.intake import Category, Channel, CustomerKind, RequestKind, Trade
from linli_contracts.lanes import key_of
from pydantic import BaseModel, ConfigDict

from linli_intake.domain.form import RequestForm
from linli_intake.domain.ids import is_id, is_key
from linli_intake.domain.place import Estate
from linli_intake.domain.request import Lawsuit, Publication

CHOICES: Final[dict[str, tuple[str, ...]]] = {
    "kind": get_args(RequestKind),
    "category": get_args(Category),
    "channel": get_args(Channel),
    "customer_kind": get_args(CustomerKind),
    "lawsuit": get_args(Lawsuit),
    "publication": get_args(Publication),
    "trade": get_args(Trade),
}
_MAY_BE_LEFT_OUT: Final = frozenset({"trade"})
_SETS: Final = {field: frozenset(allowed) for field, allowed in CHOICES.items()}

LABELS: Final = {
    "estate_id": ("小区", "the estate"),
    "home_id": ("房号或“公共区域”", "the home, or the common area"),
    "common_area": ("是否公共区域", "whether it is a common area"),
    "kind": ("请求类别", "the kind of request"),
    "category": ("内容分类", "the category"),
    "subcategory": ("内容子类", "the sub-category"),
    "channel": ("受理渠道", "the channel"),
    "customer_kind": ("客户类别", "the kind of customer"),
    "name": ("客户姓名（或匿名）", "the customer's name (or anonymous)"),
    "anonymous": ("是否匿名", "whether the customer stays anonymous"),
    "contact": ("联系方式", "a way to reach the customer"),
    "what_happened": ("事情经过", "what happened"),
    "expects": ("客户诉求", "what the customer expects"),
    "received_by": ("首接责任人", "who received it"),
    "received_at": ("受理时间", "when it was received"),
    "complete_by": ("要求完成时间", "the completion deadline"),
    "people": ("涉及人数", "the number of people"),
    "lawsuit": ("诉讼情况", "the state of a lawsuit"),
    "publication": ("曝光情况", "the state of publication"),
    "repeated": ("是否重复投诉", "whether it is a second complaint"),
    "needs_consultants": ("是否需要顾问", "whether consultants are needed"),
    "emergency": ("是否紧急", "whether it is an emergency"),
    "trade": ("专业", "the trade"),
    "place": ("部位", "the place"),
    "language": ("语言", "the language"),
    "source_row": ("来源行标识", "the source row"),
}

_SEPARATOR: Final = " | "

MOST_PEOPLE: Final = 1_000_000
"""More people than any estate houses: a larger number is a slip of the keyboard."""

CODE_PATTERN: Final = r"^[a-z0-9][a-z0-9_\-]{0,63}$"
_CODE: Final = re.compile(CODE_PATTERN)
_FIELD_CODE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_\-]{0,63}")
_BETWEEN_WORDS: Final = re.compile(r"[^a-z0-9\-]+")
_FLAG: Final = "true or false"
_INSTANT: Final = "an ISO 8601 instant with an offset"
_PEOPLE: Final = f"1 … {MOST_PEOPLE}"
_WORD: Final = "a text of at most 200 characters"
_TAKES: Final = {
    **dict.fromkeys(("common_area", "anonymous", "repeated", "needs_consultants", "emergency"), _FLAG),
    **dict.fromkeys(("received_at", "complete_by"), _INSTANT),
    **{field: _SEPARATOR.join(allowed) for field, allowed in CHOICES.items()},
    "people": _PEOPLE,
}
"""What a field takes; any other takes a word."""
_LANGUAGE: Final = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}")


class Fault(BaseModel):
    """One field that is missing or not allowed, and what would be."""

    model_config = ConfigDict(frozen=True)

    field: str
    allowed: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Limits:
    """What a form is measured by: the longest text, and the span in which policy and calendars know deadlines."""

    text: int
    earliest: datetime
    latest: datetime


def faults_of(
    form: RequestForm, estate: Estate | None, limits: Limits, now: datetime, *, home_is_known: bool
) -> tuple[Fault, ...]:
    """Everything that keeps the form from being complete, in the order of the form; empty when it is complete."""
    judged = (
        *_where(form, estate, home_is_known=home_is_known),
        *_codes(form),
        *_who(form),
        *_words(form, limits.text),
        *_when(form, limits, now),
    )
    faults = {fault.field: fault for fault in judged}
    for field in form.unread:
        if field not in LABELS:
            faults[field] = _no_such_field(field)
            continue
        allowed = faults[field].allowed if field in faults else _TAKES.get(field, _WORD)
        faults[field] = _wrong(field, allowed)
    return tuple(faults.values())


def as_code(text: str | None) -> str | None:
    """A code as events may carry it (`Street Lights` -> `street_lights`); None when nothing of it is one."""
    code = _BETWEEN_WORDS.sub("_", (text or "").casefold()).strip("_-")[:64]
    return code if _CODE.fullmatch(code) else None


def _where(form: RequestForm, estate: Estate | None, *, home_is_known: bool) -> Iterator[Fault]:
    if not form.estate_id:
        yield _missing("estate_id", "the id of a registered estate")
    elif estate is None:
        yield _wrong("estate_id", "the id of a registered estate")
    ways = ("the id of a registered home of this estate", "common_area: true")
    if form.home_id and form.common_area:
        yield _wrong("home_id", "either a home or common_area: true, not both")
    elif form.home_id:
        # Without its estate a home cannot be known here: the estate is the fault then, and the only one.
        foreign = not is_id(form.home_id) or key_of(form.home_id) != form.estate_id
        if estate is not None and (foreign or not home_is_known):
            yield _wrong("home_id", *ways)
    elif not form.common_area:
        yield _missing("home_id", *ways)


def _codes(form: RequestForm) -> Iterator[Fault]:
    for field, allowed in _SETS.items():
        value = getattr(form, field)
        if value in allowed or (value is None and field in _MAY_BE_LEFT_OUT):
            continue
        yield _wrong(field, *CHOICES[field]) if value else _missing(field, *CHOICES[field])
    code = "a code: small letters, digits, _ and -, up to 64, such as leak"
    if as_code(form.subcategory) is None:
        yield _wrong("subcategory", code) if form.subcategory else _missing("subcategory", code)
    if form.place is not None and as_code(form.place) is None:
        yield _wrong("place", "a code such as kitchen, or nothing")
    if _LANGUAGE.fullmatch(form.language) is None:
        yield _wrong("language", "a language tag such as zh-CN or en")
    if form.source_row is not None and not is_key(form.source_row):
        yield _wrong("source_row", "letters, digits, _ and -, up to 64")


def _who(form: RequestForm) -> Iterator[Fault]:
    if not form.is_anonymous:
        if _is_blank(form.name):
            yield _missing("name", "a name", "anonymous: true")
        if _is_blank(form.contact):
            yield _missing("contact", "a phone number, an address or a mail address", "anonymous: true")
    staff = "the id of a member of staff"
    if not is_key(form.received_by):
        yield _wrong("received_by", staff) if form.received_by else _missing("received_by", staff)
    if not 1 <= form.people <= MOST_PEOPLE:
        yield _wrong("people", _PEOPLE)


def _words(form: RequestForm, text_limit: int) -> Iterator[Fault]:
    length = f"1 … {text_limit} characters in any language"
    for field, text in (("what_happened", form.what_happened), ("expects", form.expects)):
        if _is_blank(text):
            yield _missing(field, length)
        elif text is not None and len(text) > text_limit:
            yield _wrong(field, length)


def _when(form: RequestForm, limits: Limits, now: datetime) -> Iterator[Fault]:
    if form.complete_by is not None and not limits.earliest <= form.complete_by <= limits.latest:
        yield _wrong("complete_by", f"{limits.earliest:%Y-%m-%d} … {limits.latest:%Y-%m-%d}")
    if form.received_at is None or form.received_at == now:
        return
    if form.received_at > now:
        yield _wrong("received_at", "not later than now")
    elif form.received_at < limits.earliest:
        yield _wrong("received_at", f"not before {limits.earliest:%Y-%m-%d}")
    elif form.channel != "import" and form.source_row is None:
        yield _wrong("received_at", "now", "an earlier instant only with channel: import or a source_row")


def _is_blank(text: str | None) -> bool:
    return text is None or not text or text.isspace()


def _missing(field: str, *allowed: str) -> Fault:
    zh, en = LABELS[field]
    return Fault(
        field=field, allowed=_SEPARATOR.join(allowed), zh=f"缺少{zh}。", en=f"{en[0].upper()}{en[1:]} is missing."
    )


def _no_such_field(told: str) -> Fault:
    # A name that is no code may be anything, a customer's name too: it is kept with the form and told nobody (INT-13).
    return Fault(
        field=told if _FIELD_CODE.fullmatch(told) else "?",
        allowed=f"one of the form's fields: {_SEPARATOR.join(LABELS)}",
        zh="受理单没有这一栏，内容已保留。",
        en="The form has no such field; what it says is kept.",
    )


def _wrong(field: str, *allowed: str) -> Fault:
    zh, en = LABELS[field]
    return Fault(
        field=field,
        allowed=_SEPARATOR.join(allowed),
        zh=f"{zh}不在允许范围内。",
        en=f"{en[0].upper()}{en[1:]} is not allowed so.",
    )
