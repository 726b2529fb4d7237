"""Telling the services what the group is made of, as an administrator would: estates, rosters, homes, deposits."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from linli_cli.client.tokens import Identity
from linli_cli.demo.world import PHASES, World
from linli_cli.simulation.agenda import Step

REGISTRAR: Final = Identity("registrar", ("dispatch:registry", "simulate"))
BOOKKEEPER: Final = Identity("bookkeeper", ("warranty:book", "simulate"))
_HOMES_PER_COMMAND: Final = 500
"""A command has at most 1,000 lines."""


def registrations(world: World, at: datetime) -> Iterator[Step]:
    """Every estate with its people and homes, then the deposits of its contracts: a chain for each estate."""
    for estate in world.estates.values():

        def step(name: str, part: str, body: dict[str, object], estate_id: str = estate.id) -> Step:
            return Step(at, estate_id, "dispatch", name, f"demo-{estate_id}-{part}", body, REGISTRAR)

        place = {"region_id": estate.region_id, "project_id": estate.project_id}
        yield step(
            "dispatch.register-estate",
            "0-estate",
            {"estate_id": estate.id, "name": estate.name, "kind": estate.kind, **place},
        )
        yield step("dispatch.roster-staff", "1-staff", {"estate_id": estate.id, "staff": list(estate.staff)})
        contractors = [
            {"contractor_id": one["id"], "trades": one["trades"], "phases": list(PHASES)}
            for one in world.told["contractors"]
        ]
        trades = sorted({trade for one in world.told["contractors"] for trade in one["trades"]})
        contractors.append({"contractor_id": world.replacement_id, "trades": trades, "phases": list(PHASES)})
        yield step(
            "dispatch.register-contractor", "2-contractors", {"estate_id": estate.id, "contractors": contractors}
        )
        for start in range(0, len(estate.homes), _HOMES_PER_COMMAND):
            homes = [home.line() for home in estate.homes[start : start + _HOMES_PER_COMMAND]]
            yield step("dispatch.register-homes", f"3-homes-{start}", {"estate_id": estate.id, "homes": homes})
        services = {"estate_id": estate.id, "services": world.told["services"]}
        yield step("dispatch.offer-services", "5-services", services)
    for region in world.told["regions"]:
        works = [{"work_item": f"{trade}_repair", "price_fen": price} for trade, price in world.told["works"].items()]
        body: dict[str, object] = {"region_id": region["id"], "works": works}
        identity = f"demo-{region['id']}-prices"
        yield Step(at, region["id"], "dispatch", "dispatch.price-works", identity, body, REGISTRAR)
    for contract in world.contracts:
        body = {
            "contract_id": contract.id,
            "contractor_id": contract.contractor_id,
            "estate_ids": [contract.estate_id],
            "phases": [contract.phase],
            "trades": list(contract.trades),
            "retained_fen": contract.retained_fen,
            "completion_accepted_on": contract.accepted_on.isoformat(),
            "settled_on": (contract.accepted_on + timedelta(days=90)).isoformat(),
            "documents": ["settlement", "contract"],
        }
        identity = f"demo-{contract.estate_id}-4-deposit-{contract.id}"
        yield Step(at, contract.estate_id, "warranty", "warranty.open-deposit", identity, body, BOOKKEEPER)
