"""What the year ended with: every service's own figures, read over HTTP, and whether they agree with each other."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from linli_cli.client.client import Client
from linli_cli.client.rest import Reading
from linli_cli.client.together import together
from linli_cli.language import Words
from linli_cli.simulation.figures import in_flight


@dataclass(frozen=True, slots=True)
class Outcome:
    """The figures of all services, each as it tells them."""

    intake: Mapping[str, Any]
    dispatch: Mapping[str, Any]
    followup: Mapping[str, Any]
    warranty: Mapping[str, Any]
    loyalty: Mapping[str, Any]
    in_flight: int

    @property
    def books_balance(self) -> bool:
        """Whether the ledger of deposits sums to zero and agrees with every account (WAR-03)."""
        return not (self.warranty["ledger_sum_fen"] or self.warranty["accounts_that_differ"])

    @property
    def points_balance(self) -> bool:
        """Whether the ledger of points equals what members hold (LOY-03)."""
        return bool(self.loyalty["ledger_balances"])

    def faults(self) -> Iterator[Words]:
        """Everything that must not be; nothing: the year is sound."""
        received, open_, closed = (self.dispatch[name] for name in ("received", "open", "closed"))
        if received != open_ + closed or received != self.intake["received"]:
            yield Words(
                f"收到 {self.intake['received']} / {received}，已结 {closed}，未结 {open_}：不相符",
                f"received {self.intake['received']} / {received}, closed {closed}, open {open_}: they do not agree",
            )
        if not self.books_balance:
            yield Words("质保金账不平", "the ledger of deposits does not balance")
        if not self.points_balance:
            yield Words("积分账不平", "the ledger of points does not balance")
        if self.in_flight:
            yield Words(f"在途 {self.in_flight} 项", f"{self.in_flight} things are in flight")
        if self.dispatch["stuck"] or self.dispatch["unowned"]:
            yield Words("有工单没有时钟或负责人", "there are tickets without a clock or an owner")


async def read_outcome(client: Client, readings: Mapping[str, Reading]) -> Outcome:
    """Ask every service; the system is at rest."""
    services = ("intake", "dispatch", "followup", "warranty", "loyalty")
    intake, dispatch, followup, warranty, loyalty = await together(
        client.get(service, "/figures") for service in services
    )
    return Outcome(intake, dispatch, followup, warranty, loyalty, in_flight(readings))
