"""The scopes that a token may carry: what the services ask for, and no other (docs/running.md says whom each is for).

A list, for `linli token` shall not load five services to know it; a test holds it to what they ask for.
"""

from typing import Final

from linli_cli.client.tokens import EVERYTHING

SCOPES: Final = (
    "intake:receive",
    "intake:link",
    "dispatch:registry",
    "dispatch:handle",
    "dispatch:decide",
    "dispatch:approve",
    "partner:repair",
    "partner:webhook",
    "followup:call",
    "warranty:book",
    "warranty:confirm",
    "warranty:release",
    "loyalty:enrol",
    "loyalty:redeem",
    "intake:read",
    "intake:personal",
    "dispatch:read",
    "followup:read",
    "warranty:read",
    "loyalty:read",
    "operate",
    "simulate",
    EVERYTHING,
)
