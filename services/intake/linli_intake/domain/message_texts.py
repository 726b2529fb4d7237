"""What customers are told, word for word: a zh and an en text for everything a message may be about (INT-16).

A text that was sent once never changes: a new wording is a new version below the old ones. Placeholders are the case's
number and secret, and instants on the clocks of the estate; no text names a person.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Final

from linli_contracts.events.messages import About


@dataclass(frozen=True, slots=True)
class Template:
    """One wording."""

    about: About
    version: int
    zh_subject: str
    zh: str
    en_subject: str
    en: str


TEMPLATES: Final = (
    Template(
        "receipt", 1,
        "已受理", "您反映的事项已受理，编号 {case}，查询密码 {secret}。",
        "Received", "We have received your request, number {case}. To see where it stands, use the secret {secret}.",
    ),
    Template(
        "progress", 1,
        "处理进展", "您反映的事项（编号 {case}）正在处理。",
        "Progress", "Your request, number {case}, is being handled.",
    ),
    Template(
        "new_date", 1,
        "新的答复时间", "您反映的事项（编号 {case}）仍在处理，我们将在 {by} 前给您答复。",
        "New date", "Your request, number {case}, is still being handled. You will hear from us by {by}.",
    ),
    Template(
        "notice", 1,
        "通知", "关于您反映的事项（编号 {case}）有一则通知，请留意。",
        "Notice", "There is a notice about your request, number {case}.",
    ),
    Template(
        "notice", 2,
        "通知",
        "近期同类报修集中，我们按楼栋统一安排，险情优先。您反映的事项（编号 {case}）已在其中，无需重复报修。",
        "Notice",
        "Many requests like yours have come in. We see to them building by building, dangers first. Your request, "
        "number {case}, is among them: there is no need to report it again.",
    ),
    Template(
        "callback_appointment", 1,
        "回访预约", "关于您反映的事项（编号 {case}），我们将在 {from} 至 {by} 之间致电回访。",
        "Callback", "About your request, number {case}: we shall call you between {from} and {by}.",
    ),
    Template(
        "survey", 1,
        "满意度调查", "请您对我们的服务作出评价。",
        "Survey", "Please tell us how satisfied you are with our service.",
    ),
    Template(
        "greeting", 1,
        "问候", "祝您一切顺利。",
        "Greetings", "We wish you all the best.",
    ),
)  # fmt: skip
_BY_PLACE: Final[Mapping[tuple[str, int], Template]] = {(text.about, text.version): text for text in TEMPLATES}
_NEWEST: Final[Mapping[str, int]] = {text.about: text.version for text in TEMPLATES}


@dataclass(frozen=True, slots=True)
class Written:
    """A message as it goes out."""

    subject: str
    text: str


def newest(about: About) -> int:
    """The version that new messages are written from."""
    return _NEWEST[about]


def write(about: str, version: int, language: str, told: Mapping[str, object], zone: tzinfo) -> Written:
    """Fill the wording in: Chinese for ``zh…``, English for every other language.

    ``told`` has ``case``, ``secret``, ``from`` and ``by`` where they are known; what a text needs and nobody told
    raises ``KeyError``, an unknown wording too.
    """
    template = _BY_PLACE[about, version]
    chinese = language.lower().startswith("zh")
    filled = {name: _shown(value, zone) for name, value in told.items() if value is not None}
    subject, text = (template.zh_subject, template.zh) if chinese else (template.en_subject, template.en)
    return Written(subject, text.format_map(filled))


def _shown(value: object, zone: tzinfo) -> str:
    return value.astimezone(zone).strftime("%Y-%m-%d %H:%M") if isinstance(value, datetime) else str(value)
