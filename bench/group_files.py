"""``python -m bench.group_files DIRECTORY [ESTATES]``: a generated organisation as files, as docs/group.md says.

The same number of estates gives the same files. Rows are written as they are made, so memory does not grow with them.
"""

import csv
import random
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, TypeAlias

HOMES: Final = 600
"""Homes of an estate: 5,000 estates have 3 million."""
STAFF: Final = 4
"""People of an estate: 5,000 estates have 20,000."""
CONTRACTOR_OF: Final = 2.5
"""Estates to a contractor: 5,000 estates have 2,000."""
CONTRACTS: Final = 3
"""Contractors that answer for an estate, one of each kind of trades."""
OCCUPIED: Final = 0.8
FLOORS: Final = 15
REGIONS: Final = 20
PROJECT_OF: Final = 10
"""Estates to a project."""
AWAY_IN: Final = 20
"""One of so many estates has somebody away: 5,000 estates have 250."""
SERVICES: Final = (
    ("plant_watering", "代浇花", "Plants watered", "week", 5_000, 7, "days"),
    ("deep_cleaning", "深度保洁", "Deep cleaning", "room", 12_000, 1, "days"),
    ("lock_change", "换锁", "Lock changed", "time", 8_000, 4, "hours"),
    ("goods_carried", "搬运", "Goods carried", "time", 6_000, 2, "hours"),
)
"""What an estate offers: item, zh, en, unit, price in fen, time standard."""
PRICED: Final = 200
"""Pieces of work in the price library of a region."""
TRADES: Final = ("waterproofing;plumbing", "electrical", "structure;decoration")
SEED: Final = 20261129

Row: TypeAlias = tuple[object, ...]


def write_group(directory: Path, estates: int) -> None:
    """Writes the files of so many estates (at least one) into a directory that is made if it is not there."""
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "group.toml").write_text(_regions(estates), encoding="utf-8")
    _write(
        directory / "estates.csv", ("estate_id", "region_id", "project_id", "name", "kind", "zone"), _estates(estates)
    )
    _write(
        directory / "homes.csv",
        ("home_id", "phase", "building", "handed_over_on", "occupied", "top_floor"),
        _homes(estates),
    )
    _write(directory / "roster.csv", ("estate_id", "staff_id", "role", "desk", "skills"), _staff(estates))
    _write(directory / "contractors.csv", ("estate_id", "contractor_id", "trades", "phases"), _contractors(estates))
    _write(
        directory / "absences.csv", ("estate_id", "staff_id", "from_at", "until_at", "deputy_id"), _absences(estates)
    )
    _write(
        directory / "services.csv",
        ("estate_id", "item", "zh", "en", "unit", "price_fen", "amount", "span"),
        _services(estates),
    )
    _write(directory / "prices.csv", ("region_id", "work_item", "unit", "price_fen"), _prices(estates))


def _write(path: Path, header: Sequence[str], rows: Iterator[Row]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows(rows)


def _region(estate: int) -> str:
    return f"r{estate // PROJECT_OF % REGIONS:02d}"


def _regions(estates: int) -> str:
    projects: dict[str, list[str]] = {}
    for first in range(0, estates, PROJECT_OF):
        projects.setdefault(_region(first), []).append(f'"p{first // PROJECT_OF:04d}"')
    return "\n".join(
        f'[[regions]]\nid = "{region}"\nname = "{region}"\nprojects = [{", ".join(of)}]\n'
        for region, of in projects.items()
    )


def _estates(estates: int) -> Iterator[Row]:
    for nth in range(estates):
        yield f"g{nth:05d}", _region(nth), f"p{nth // PROJECT_OF:04d}", f"小区{nth}", "residential", "Asia/Shanghai"


def homes_of(nth: int) -> Iterator[tuple[str, ...]]:
    """The rows of an estate's homes, the home's id first; the same for the same estate."""
    chance = random.Random(SEED + nth)
    handed_over_on = f"{chance.randint(2012, 2025)}-{chance.randint(1, 12):02d}-01"
    for home in range(HOMES):
        building, floor, door = home // 60 + 1, home // 4 % FLOORS + 1, home % 4 + 1
        phase = f"p{home // 300 + 1}"
        home_id = f"g{nth:05d}.{phase}-{building}-{floor:02d}{door:02d}"
        occupied = "true" if chance.random() < OCCUPIED else "false"
        yield home_id, phase, str(building), handed_over_on, occupied, "true" if floor == FLOORS else "false"


def _homes(estates: int) -> Iterator[Row]:
    for nth in range(estates):
        yield from homes_of(nth)


def _staff(estates: int) -> Iterator[Row]:
    for nth in range(estates):
        estate_id = f"g{nth:05d}"
        yield estate_id, f"{estate_id}-agent", "agent", "service_centre", "complaint;en"
        yield estate_id, f"{estate_id}-manager", "property_service_manager", "property_office", ""
        yield estate_id, f"{estate_id}-engineer", "repair_engineer", "repair", "plumbing;electrical"
        yield estate_id, f"{estate_id}-keeper", "department", "property", ""


def _contractors(estates: int) -> Iterator[Row]:
    known = max(CONTRACTS, int(estates / CONTRACTOR_OF))
    for nth in range(estates):
        for kind, trades in enumerate(TRADES):
            yield f"g{nth:05d}", f"k{(nth * CONTRACTS + kind) % known:04d}", trades, "p1;p2"


def _absences(estates: int) -> Iterator[Row]:
    for nth in range(0, estates, AWAY_IN):
        estate_id = f"g{nth:05d}"
        away = ("2099-07-01T00:00:00+08:00", "2099-07-15T00:00:00+08:00")
        yield estate_id, f"{estate_id}-manager", *away, f"{estate_id}-keeper"


def _services(estates: int) -> Iterator[Row]:
    for nth in range(estates):
        for service in SERVICES:
            yield f"g{nth:05d}", *service


def _prices(estates: int) -> Iterator[Row]:
    chance = random.Random(SEED)
    for region in sorted({_region(first) for first in range(0, estates, PROJECT_OF)}):
        for work in range(PRICED):
            yield region, f"work_{work:03d}", "piece", chance.randint(50, 5_000) * 100


if __name__ == "__main__":
    write_group(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 5_000)  # noqa: PLR2004 - the second argument
