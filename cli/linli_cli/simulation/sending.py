"""Sending a round: each service's steps in bulk, each person's with their own token, each chain's in their order."""

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
    """Every step's answer; each chain's steps stand together, and are for one service.

    Services are spoken to side by side. One service hears a chain's steps in their order: those that one person sends
    in a row travel in one request, and what the next person sends follows when that is answered.
    """
    services: dict[str, list[Step]] = {}
    for step in steps:
        services.setdefault(step.service, []).append(step)
    return [done for part in await together(_send(people, theirs) for theirs in services.values()) for done in part]


async def _send(people: People, steps: Sequence[Step]) -> list[Done]:
    done: list[Done] = []
    for turn in _turns(steps):
        for part in await together(_request(people, portion) for portion in _portions(turn)):
            done.extend(part)
    return done


async def _request(people: People, steps: Sequence[Step]) -> list[Done]:
    client = people.client(steps[0].who)
    answers = await client.commands(steps[0].service, [step.command for step in steps], at_once=1)
    return [Done(step, answer) for step, answer in zip(steps, answers, strict=True)]


def _turns(steps: Iterable[Step]) -> list[list[Step]]:
    """The first turn has what the first person of each chain sends in a row, the second what the next one sends."""
    turns: list[list[Step]] = []
    for _, chain in groupby(steps, key=lambda step: step.chain):
        for number, (_, same_person) in enumerate(groupby(chain, key=lambda step: step.who)):
            if number == len(turns):
                turns.append([])
            turns[number].extend(same_person)
    return turns


def _portions(turn: Iterable[Step]) -> Iterator[list[Step]]:
    """A turn by person, in portions that a service takes at once; a chain stays whole."""
    hands: dict[Identity, list[Step]] = {}
    for step in turn:
        hands.setdefault(step.who, []).append(step)
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
