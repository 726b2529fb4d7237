"""The bodies of the commands about special services and the steps of blueprints (DSP-16 to DSP-18)."""

from typing import Annotated

from linli_contracts.event import Fen, Instant, Key
from linli_contracts.events.dispatch import Consent, SpanUnit
from pydantic import Field

from linli_dispatch.commands import MOST_LINES, Code, Command, Name, OnTicket, Versioned
from linli_dispatch.domain.amounts import MOST_FEN
from linli_dispatch.place_commands import DatedCommand

MOST_NAMED: int = 50
"""Documents or checks in one command; no step of the policy has ten."""
LONGEST_STANDARD: int = 100_000
"""Of any unit: two months in minutes; longer is a slip of the keyboard."""
Named = Annotated[tuple[Code, ...], Field(max_length=MOST_NAMED)]


class ServiceLine(Command):
    """A service of an estate's catalogue, what one unit costs and how long the work may take, from an instant on."""

    item: Code
    zh: Name
    en: Name
    unit: Code = "time"
    price_fen: Annotated[Fen, Field(le=MOST_FEN)]
    amount: Annotated[int, Field(ge=1, le=LONGEST_STANDARD)]
    span: SpanUnit = "hours"
    from_at: Instant | None = None
    """None: from now on."""
    offered: bool = True
    """False: no longer."""


class OfferServices(DatedCommand, Versioned):
    """Services of an estate's catalogue; the others stay."""

    estate_id: Key
    services: Annotated[tuple[ServiceLine, ...], Field(max_length=MOST_LINES)]


class Quote(OnTicket):
    """What the customer is offered; without a price, the catalogue's.

    For a repair, ``caused_by_customer`` says that it is the customer's own fault: then they pay what a warranty covers.
    """

    item: Code
    quantity: Annotated[int, Field(ge=1, le=10_000)] = 1
    price_fen: Annotated[Fen, Field(le=MOST_FEN)] | None = None
    caused_by_customer: bool = False


class AnswerQuotation(OnTicket):
    """The customer's answer; one that does not accept names a failure point of the step."""

    accepted: bool
    consent: Consent = "recorded"
    reason: Code | None = None


class OnStep(OnTicket):
    """A command about a step of the case's blueprint."""

    step: Code


class FinishStep(OnStep):
    """The step was done, with the documents that were handed in and the checks that were made."""

    documents: Named = ()
    checks: Named = ()
    performer_id: Key | None = None


class FailStep(OnStep):
    """The step failed at one of its known failure points."""

    reason: Code


class RequestStep(OnStep):
    """A step that begins on request only is asked for."""
