"""The contractors of the load, outside the house: a receiver for each world takes what their webhooks bring, over real
HTTP, and does by `webhook-id` once what it is told, as `docs/partners.md` has it.

What that is, beside what dispatch means to tell, is compared in `delivered.py`.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from linli_testkit.receiver import Received, Receiver

from tests.system.partners_page import as_partners_are_told

_IS_FROM_LINLI: Final = as_partners_are_told()
_TRACE: Final = re.compile(r"00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]")


class Done(NamedTuple):
    """What a contractor did, because it was told so."""

    contractor_id: str
    told: dict[str, Any]
    """The body of the delivery."""


@dataclass(frozen=True, slots=True)
class Partner:
    """The contractors of a world: where they listen, and the secrets that they were given."""

    receiver: Receiver
    secrets: dict[str, str] = field(default_factory=dict)

    def url_of(self, contractor_id: str) -> str:
        """Where a contractor wants to be told."""
        return f"{self.receiver.url}{contractor_id}"

    def done(self) -> tuple[list[Done], list[str]]:
        """What was done until now, and what is wrong with what came."""
        return done_once(tuple(self.receiver.received), self.secrets)


def done_once(came: Iterable[Received], secrets: Mapping[str, str]) -> tuple[list[Done], list[str]]:
    """What is done by key, of the first that came under it; and what should never have come."""
    done: dict[str, Done] = {}
    keys: dict[tuple[str, str], str] = {}
    wrong: list[str] = []
    for one in came:
        contractor = one.path.removeprefix("/")
        secret = secrets.get(contractor)
        if secret is None or not _IS_FROM_LINLI(secret, one.headers, one.body, one.came_at_s):
            wrong.append(f"{contractor} was sent what is not signed for it: {one.body.decode()}")
            continue
        key, told = one.headers["webhook-id"], json.loads(one.body)
        if not _TRACE.fullmatch(one.headers.get("traceparent", "")):
            wrong.append(f"{contractor} was sent no trace: {one.headers.get('traceparent')}")
        if told["data"]["contractor_id"] != contractor:
            wrong.append(f"{contractor} was told of another's order: {told}")
        if done.setdefault(key, Done(contractor, told)) != (contractor, told):
            wrong.append(f"{contractor} was told two things under {key}: {done[key]} / {told}")
        if keys.setdefault((contractor, told["id"]), key) != key:
            wrong.append(f"{contractor} was told one fact under two keys: {told}")
    return list(done.values()), wrong
