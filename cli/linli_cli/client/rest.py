"""Whether the whole system is at rest (delivery promise 10): read from what the services say of themselves. Pure."""

from collections.abc import Iterable, Mapping
from functools import cache
from importlib import import_module
from typing import Literal

from linli_contracts.topics import SERVICES
from linli_messaging.service_map import ServiceMap
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from linli_cli.language import Words

Numbers = dict[int, int]
"""A number for each lane; lanes at 0 are left out."""


class Effects(BaseModel):
    """Outside effects by where they stand (promise 9)."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    waiting: int = 0
    due: int = 0
    """Of those that wait: they may go out now."""
    sending: int = 0
    untold: int = 0
    """Ended, and not told as a fact yet."""
    unfed: int = 0
    """Lanes whose facts have not been looked through for subscribers yet."""
    failed: int = 0
    unknown: int = 0


class Reading(BaseModel):
    """One service's answer to GET /rest."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    service: str
    instant: AwareDatetime
    clock: Literal["system", "stepped"]
    heads: Numbers = Field(default_factory=dict)
    published: Numbers = Field(default_factory=dict)
    inbox: dict[str, Numbers] = Field(default_factory=dict)
    due: int = 0
    next_due_at: AwareDatetime | None = None
    early: int = 0
    ripe: int = 0
    parked: int = 0
    gaps: int = 0
    waiting: int = 0
    asks: int = 0
    effects: Effects = Field(default_factory=Effects)
    suspended: bool = False
    """Nothing is written: the database was restored from a backup (promise 8)."""
    clogged: bool = False
    """No record is taken: too much is parked (promise 6)."""

    @property
    def told(self) -> int:
        """How many facts the service has told since it exists."""
        return sum(self.heads.values())

    def lag_behind(self, producer: "Reading") -> int:
        """How many facts of the producer this service has still to process."""
        mine = self.inbox.get(producer.service, {})
        return sum(max(0, head - mine.get(lane, 0)) for lane, head in producer.heads.items())


Readings = Mapping[str, Reading]

_COUNTS: tuple[tuple[str, Words], ...] = (
    ("due", Words("个到期时钟尚未触发", "timers are due and not fired")),
    ("waiting", Words("个输入在进程中排队", "inputs are queued in the process")),
    ("ripe", Words("条等齐的事实尚未处理", "early facts have what they waited for, and are not applied")),
    ("gaps", Words("个缺口", "gaps in what was received")),
    ("asks", Words("个重发请求未完成", "asks to send again are open")),
)
_EFFECTS: tuple[tuple[str, Words], ...] = (
    ("due", Words("个外发事项到期未发", "outside effects are due and not sent")),
    ("sending", Words("个外发事项正在发送", "outside effects are being sent")),
    ("unfed", Words("条通道的事实尚未分送订阅方", "lanes are not looked through for subscribers yet")),
    ("untold", Words("个外发结果尚未通告", "outside effects ended and are not told yet")),
)


_STATES: tuple[tuple[str, Words], ...] = (
    ("suspended", Words("数据库由备份恢复，已暂停写入（linli restored）",
                        "its database was restored, nothing is written (linli restored)")),
    ("clogged", Words("搁置过多，已暂停接收（linli parked list）",
                      "too much is parked, no record is taken (linli parked list)")),
)  # fmt: skip


@cache
def service_map(service: str) -> ServiceMap:
    """The map of a service."""
    found: ServiceMap = import_module(f"linli_{service}.handlers").MAP
    return found


def producers_of(consumers: Iterable[str] = SERVICES) -> dict[str, tuple[str, ...]]:
    """Which services each of these reads, from their maps."""
    return {consumer: service_map(consumer).producers() for consumer in consumers}


def at_rest(
    readings: Readings, previous: Readings | None = None, reads: Mapping[str, Iterable[str]] | None = None
) -> list[Words]:
    """Every reason why the system is not at rest; none: it is.

    One round of readings is taken at slightly different moments, so it only shows rest where nothing moved since the
    round before it: give that as `previous`. Early facts that still wait for a fact not yet told don't move; without
    `previous` they count as a reason, with it only a change of their number does. What is parked waits for a person and
    does not count. `reads` says who reads whom (default: the services' maps).
    """
    reads = reads if reads is not None else producers_of(readings)
    reasons: list[Words] = []
    for name, reading in readings.items():
        unpublished = sum(head - reading.published.get(lane, 0) for lane, head in reading.heads.items())
        if unpublished:
            reasons.append(
                Words(f"{name}：{unpublished} 条事实尚未发布", f"{name}: {unpublished} facts are not published")
            )
        reasons += [
            Words(f"{name}：{text.zh}", f"{name}: {text.en}") for field, text in _STATES if getattr(reading, field)
        ]
        counts = [(getattr(reading, field), text) for field, text in _COUNTS]
        counts += [(getattr(reading.effects, field), text) for field, text in _EFFECTS]
        for count, text in counts:
            if count:
                reasons.append(Words(f"{name}：{count} {text.zh}", f"{name}: {count} {text.en}"))
        for producer in reads.get(name, ()):
            if producer not in readings:
                reasons.append(Words(f"{name}：读不到 {producer}", f"{name}: {producer} could not be read"))
            elif lag := reading.lag_behind(readings[producer]):
                reasons.append(
                    Words(
                        f"{name}：还有 {lag} 条 {producer} 的事实未处理",
                        f"{name}: {lag} facts of {producer} are not processed",
                    )
                )
        reasons.extend(_moved(name, reading, previous))
    stepped = {reading.instant for reading in readings.values() if reading.clock == "stepped"}
    if len(stepped) > 1:
        reasons.append(Words("各服务的步进时钟不在同一时刻", "the services' stepped clocks show different instants"))
    return reasons


def _moved(name: str, now: Reading, previous: Readings | None) -> Iterable[Words]:
    before = previous.get(name) if previous is not None else None
    if before is None:
        if now.early:
            yield Words(f"{name}：{now.early} 条事实在等待前提", f"{name}: {now.early} facts wait for another one")
    elif (before.heads, before.inbox, before.early) != (now.heads, now.inbox, now.early):
        yield Words(f"{name}：自上次读取后仍有变化", f"{name}: moved since the last reading")


def handled_of(service: str, readings: Readings) -> Numbers:
    """The highest number of each of a service's lanes that any other service has handled (promise 8)."""
    handled: Numbers = {}
    for reading in readings.values():
        for lane, number in reading.inbox.get(service, {}).items():
            handled[lane] = max(number, handled.get(lane, 0))
    return handled


def missing_on_a_new_bus(readings: Readings, reads: Mapping[str, Iterable[str]]) -> dict[str, Numbers]:
    """For each producer, the first number of each lane that a consumer lacks: send again from there (promise 7)."""
    missing: dict[str, Numbers] = {}
    for consumer, producers in reads.items():
        for producer in producers:
            has = readings[consumer].inbox.get(producer, {})
            for lane, head in readings[producer].heads.items():
                first = has.get(lane, 0) + 1
                if first <= head:
                    lanes = missing.setdefault(producer, {})
                    lanes[lane] = min(first, lanes.get(lane, first))
    return missing
