"""Sending a round: each service's steps in bulk, each person's with their own token, a chain's never split."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from linli_cli.client.client import LINES_PER_REQUEST, Client
from linli_cli.client.together import together
from linli_cli.client.tokens import Identity
from linli_cli.simulation.agenda import Done, Step


class People:
    """Clients of everybody who acts, over one set of connections."""

    def __init__(self, operator: Client) -> None:
        """Speak over this client's connections."""
        self._operator = operator
        self._clients: dict[Identity, Client] = {}

    def client(self, who: Identity) -> Client:
        """The client that carries this person's token."""
        if who not in self._clients:
            self._clients[who] = self._operator.acting_as(who)
        return self._clients[who]


async def send_round(people: People, steps: Sequence[Step]) -> list[Done]:
    """Every step's answer. Requests go side by side, so steps of one chain are always in the same one, in order."""
    return [done for part in await together(_send(people, part) for part in _requests(steps)) for done in part]


async def _send(people: People, steps: Sequence[Step]) -> list[Done]:
    client = people.client(steps[0].who)
    answers = await client.commands(steps[0].service, [step.command for step in steps], at_once=1)
    return [Done(step, answer) for step, answer in zip(steps, answers, strict=True)]


def _requests(steps: Iterable[Step]) -> Iterator[list[Step]]:
    """Steps by service and person, in portions that a service takes at once; a chain stays whole."""
    hands: dict[tuple[str, Identity], list[Step]] = {}
    for step in steps:
        hands.setdefault((step.service, step.who), []).append(step)
    for theirs in hands.values():
        portion: list[Step] = []
        for _, chain in groupby(theirs, key=lambda step: step.chain):
            following = list(chain)
            if portion and len(portion) + len(following) > LINES_PER_REQUEST:
                yield portion
                portion = []
            portion.extend(following)
        if portion:
            yield portion
