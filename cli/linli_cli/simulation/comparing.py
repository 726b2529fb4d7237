"""Two policies side by side: what they did differently with the same requests, and in which cases. Pure."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import tzinfo
from typing import Final

from linli_cli.language import Words
from linli_cli.simulation.outcome import Fate

CRISIS_LEVELS: Final = (1, 2)
"""Each opens a crisis case (DSP-01)."""
AREAS: Final[Mapping[str, Words]] = {
    "missed": Words("超时", "deadlines missed"),
    "ladder": Words("升级步骤", "ladder steps"),
    "level": Words("级别", "level"),
    "crisis": Words("危机", "crises"),
    "handler": Words("经办人", "handler"),
    "desk": Words("超时（部门、周内时段）", "missed by desk and hour"),
}


@dataclass(frozen=True, slots=True)
class Opened:
    """A case that counts differently under the two policies."""

    key: str
    """The case's own, in the file."""
    case_id: str
    first: int
    second: int


@dataclass(frozen=True, slots=True)
class Line:
    """One figure under both policies, and the cases that make the difference."""

    area: str
    name: str
    first: int
    second: int
    cases: tuple[Opened, ...]

    @property
    def differs(self) -> bool:
        """Whether any case counts differently, even where the sums are alike."""
        return bool(self.cases)


def compare_fates(first: Mapping[str, Fate], second: Mapping[str, Fate], zone: tzinfo) -> list[Line]:
    """All figures of either run, in the order of AREAS and names; ``zone``: whose week and hours count."""
    counted: dict[tuple[str, str], list[Opened]] = {}
    totals: tuple[Counter[tuple[str, str]], Counter[tuple[str, str]]] = (Counter(), Counter())
    for key in sorted(first.keys() | second.keys()):
        known = first.get(key) or second[key]
        left, right = (_figures(run.get(key), zone) for run in (first, second))
        totals[0].update(left)
        totals[1].update(right)
        for name in left.keys() | right.keys():
            if left[name] != right[name]:
                counted.setdefault(name, []).append(Opened(key, known.case_id, left[name], right[name]))
    names = sorted(totals[0].keys() | totals[1].keys(), key=lambda name: (list(AREAS).index(name[0]), name[1]))
    return [Line(*name, totals[0][name], totals[1][name], tuple(counted.get(name, ()))) for name in names]


def _figures(fate: Fate | None, zone: tzinfo) -> Counter[tuple[str, str]]:
    """What one case adds to each figure; nothing where it was not received."""
    return Counter(dict(_counted(fate, zone)) if fate else {})


def _counted(fate: Fate, zone: tzinfo) -> Iterator[tuple[tuple[str, str], int]]:
    for clock, times in fate.missed.items():
        yield ("missed", clock), times
    for step, times in fate.steps.items():
        yield ("ladder", step), times
    yield ("level", str(fate.level)), 1
    if fate.level in CRISIS_LEVELS:
        yield ("crisis", str(fate.level)), 1
    if fate.handler_id is not None:
        yield ("handler", fate.handler_id), 1
    for hour, times in Counter(f"{at.astimezone(zone):%u-%a %H}h" for at in fate.ran_out_at).items():
        yield ("desk", f"{fate.desk} {hour}"), times
