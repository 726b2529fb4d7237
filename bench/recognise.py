"""``python -m bench.recognise FILE --mapping NAME``: the storms that the policy recognises in a file of requests.

Every request goes through the same pure functions as in dispatch, in the order of receipt. A day on which a storm
began is printed with its cause, its estates, and the first count that gave it away beside what was usual.
"""

import argparse
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final

from linli_cli.importing.lines import RowFile
from linli_cli.importing.mapped import map_row
from linli_cli.importing.mapping import Mapping
from linli_dispatch.domain.storms.storm_terms import StormTerms, storm_terms_of
from linli_dispatch.domain.storms.surge import Surge
from linli_dispatch.domain.storms.usual import Counts, Usual
from linli_dispatch.domain.storms.watching import Region, watch, watch_region
from linli_intake.domain.completeness import as_code
from linli_rulebook import PolicyBook

POLICY: Final = Path(__file__).parents[1] / "policy"


@dataclass(frozen=True)
class Request:
    """What recognition looks at."""

    at: datetime
    estate_id: str
    cause: str | None


@dataclass
class Found:
    """A storm of one cause in one estate: when it began, when it was last seen, and by which count."""

    estate_id: str
    how: str
    surge: Surge
    began_at: datetime
    last_at: datetime
    requests: int = 0


@dataclass
class Watch:
    """The states of all estates and of their region, as dispatch would hold them."""

    terms: StormTerms
    counts: dict[str, Counts] = field(default_factory=dict)
    usual: dict[str, Usual] = field(default_factory=dict)
    region: Region = field(default_factory=lambda: Region(id="region"))
    region_usual: Usual | None = None
    on: dict[tuple[str, str], Found] = field(default_factory=dict)
    found: list[Found] = field(default_factory=list)

    def take(self, request: Request) -> None:
        """One request, as dispatch takes it."""
        cause, estate_id, at = request.cause, request.estate_id, request.at
        if cause is None:
            return
        counts = self.counts.get(estate_id, {})
        seen = watch(estate_id, counts, self.usual.get(estate_id), cause, at, at, self.terms)
        self.counts[estate_id], self.usual[estate_id] = seen.counts, seen.usual
        storm = self.on.get((estate_id, cause))
        if storm is not None and at >= storm.last_at + self.terms.over_after:
            storm = None
        surge, how = seen.storm, "estate"
        if storm is None and surge is None and seen.stirs:
            self.region, of_region = watch_region(self.region, self.region_usual, cause, estate_id, at, self.terms)
            self.region_usual, surge, how = of_region.usual, of_region.storm, "region"
        if storm is None and surge is not None:
            storm = self.on[estate_id, cause] = Found(estate_id, how, surge, at, at)
            self.found.append(storm)
        if storm is not None:
            storm.requests += 1
            if surge is not None or (storm.how == "region" and seen.stirs):
                storm.last_at = at


def requests_of(file: Path, mapping: Mapping, terms: StormTerms) -> list[Request]:
    """The requests of a file, the earliest first; lines that can't be read are left out."""

    def read() -> Iterator[Request]:
        for row in RowFile(file, mapping).rows():
            mapped = map_row(row, mapping)
            if mapped.fault is None and mapped.received_at is not None:
                subcategory = as_code(str(mapped.body.get("subcategory", ""))) or ""
                yield Request(mapped.received_at, mapped.estate.estate_id, terms.cause_of.get(subcategory))

    return sorted(read(), key=lambda request: request.at)


def main() -> None:
    """Print the storms."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--mapping", required=True)
    options = parser.parse_args()
    mapping = Mapping.load(options.mapping)
    registration = mapping.estate.registration
    book = PolicyBook.load(POLICY)
    terms = storm_terms_of(book.policy(book.versions[-1], region=registration.region_id), mapping.zone)
    requests = requests_of(options.file, mapping, terms)
    watched, began = Watch(terms), time.perf_counter()
    for request in requests:
        watched.take(request)
    took_s = time.perf_counter() - began
    show(watched, requests)
    with_cause = sum(request.cause is not None for request in requests)
    print(f"{len(requests):,} requests, {with_cause:,} with a cause, {len(watched.usual)} estates; {took_s:.1f} s")


def show(watched: Watch, requests: list[Request]) -> None:
    """The days on which storms began, and how many days and weeks had none."""
    zone = watched.terms.place.zone
    days: dict[tuple[str, str], list[Found]] = defaultdict(list)
    for storm in watched.found:
        days[str(storm.began_at.astimezone(zone).date()), storm.surge.cause].append(storm)
    print("| began on | cause | estates (by the region) | requests | first seen | until |")
    print("|---|---|---|---|---|---|")
    for (day, cause), storms in sorted(days.items()):
        first = storms[0]
        sign = f"{first.began_at.astimezone(zone):%H:%M}, {first.surge.requests} in {first.surge.hours} h"
        by_region = sum(storm.how == "region" for storm in storms)
        if first.how == "region":
            sign = f"{sign} (estates)"
        last = max(storm.last_at for storm in storms).astimezone(zone)
        estates = f"{len(storms)} ({by_region})"
        total = sum(storm.requests for storm in storms)
        print(
            f"| {day} | {cause} | {estates} | {total} | {sign}, usually {first.surge.usual:.1f} | {last:%m-%d %H:%M} |"
        )
    weeks = {request.at.astimezone(zone).strftime("%G-W%V") for request in requests}
    stormy = {storm.began_at.astimezone(zone).strftime("%G-W%V") for storm in watched.found}
    print(f"weeks without any: {len(weeks - stormy)} of {len(weeks)} ({', '.join(sorted(weeks - stormy))})")


if __name__ == "__main__":
    main()
