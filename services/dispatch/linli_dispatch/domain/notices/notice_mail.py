"""What a mail to somebody of the staff says (DSP-20): ids and codes only, in Chinese and English; nothing personal."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any, Final

from linli_contracts.events.dispatch import NoticeKind

_CALLED: Final[Mapping[NoticeKind, tuple[str, str]]] = {
    "assignment": ("派单", "assignment"),
    "ladder_step": ("升级督办", "step of the ladder"),
    "deadline_near": ("时限临近", "deadline near"),
    "command": ("危机指挥", "command of a crisis"),
    "approval": ("待审批", "approval asked"),
    "emergency": ("紧急事项", "emergency"),
    "conversation": ("须与客户沟通", "a customer to be spoken to"),
}


@dataclass(frozen=True, slots=True)
class NoticeMail:
    """A mail before it is sent."""

    subject: str
    text: str


def write_notice(told: Mapping[str, Any], zone: tzinfo) -> NoticeMail:
    """The mail about a fact `StaffNotified`; instants on the clocks of ``zone``, with their distance from UTC."""
    zh, en = _CALLED[told["kind"]]
    case_id, about, number, times = told["case_id"], told["about"], told["number"], told["times"]
    at = _shown(told["notified_at"], zone)
    chinese = [f"{zh}：案件 {case_id}，项目 {told['estate_id']}，级别 {told['level']}，{about}，{at}。"]
    english = [f"{en.capitalize()}: case {case_id}, estate {told['estate_id']}, level {told['level']}, {about}, {at}."]
    if told["read_by"]:
        by = _shown(told["read_by"], zone)
        chinese.append(f"通知编号 {number}，请在 {by} 前确认已读；逾时未读，转发下一人。")
        english.append(f"Notice {number} is to be read by {by}; unread, it goes to the next person.")
    if times > 1:
        chinese.append(f"您是第 {times} 位收到此通知的人。")
        english.append(f"You are number {times} of those who were told.")
    urgent = ("【紧急】", "urgent: ") if told["urgent"] else ("", "")
    subject = f"{urgent[0]}{zh} {case_id} · {urgent[1]}{en}"
    return NoticeMail(subject, "\n".join([*chinese, "", *english, ""]))


def _shown(instant: str, zone: tzinfo) -> str:
    return datetime.fromisoformat(instant).astimezone(zone).strftime("%Y-%m-%d %H:%M %z")
