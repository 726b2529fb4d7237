"""Special services and public-affairs matters: the catalogue, the quotation, the steps of a blueprint."""

from collections.abc import Iterable

from linli_contracts.lanes import key_of
from linli_messaging.service_map import Context, Facts, Ref
from linli_rulebook import Unit
from linli_rulebook.decision import Outcome, Refusal

from linli_dispatch import service_commands as commands
from linli_dispatch.domain import refusals
from linli_dispatch.domain.blueprints import quoting, serving
from linli_dispatch.domain.blueprints.catalogue import Offer, ServiceCatalogue, offer_services
from linli_dispatch.domain.blueprints.step_record import StepRecord
from linli_dispatch.domain.group.places import Estate
from linli_dispatch.domain.repairs import paying
from linli_dispatch.domain.turn import Turn
from linli_dispatch.handlers.needs import case_and_estate
from linli_dispatch.handlers.working import on_staff_command


def needs_of_step(command: commands.OnStep | commands.AnswerQuotation) -> Iterable[Ref]:
    """The case, and the counters of the estate's steps."""
    return *case_and_estate(command.case_id), (StepRecord, key_of(command.case_id))


def needs_of_quoting(command: commands.Quote) -> Iterable[Ref]:
    """The estate's catalogue besides."""
    estate_id = key_of(command.case_id)
    return *case_and_estate(command.case_id), (StepRecord, estate_id), (ServiceCatalogue, estate_id)


def needs_of_offering(command: commands.OfferServices) -> Iterable[Ref]:
    """The catalogue, and its estate."""
    return (ServiceCatalogue, command.estate_id), (Estate, command.estate_id)


def handle_offer_services(facts: Facts, command: commands.OfferServices, ctx: Context) -> Outcome:
    """Fills the catalogue of an estate."""
    if facts.get(Estate, command.estate_id) is None:
        return refusals.ESTATE_NOT_FOUND
    known = facts.get(ServiceCatalogue, command.estate_id) or ServiceCatalogue(id=command.estate_id)
    wanted = [
        (
            line.item,
            Offer(
                **line.model_dump(exclude={"item", "from_at", "span"}),
                span=Unit(line.span),
                from_at=line.from_at or ctx.now,
            ),
        )
        for line in command.services
    ]
    return offer_services(known, wanted, ctx.now)


def handle_quote(facts: Facts, command: commands.Quote, ctx: Context) -> Outcome:
    """The customer is offered a price: for a repair, or in the step of a service."""
    estate_id = key_of(command.case_id)
    catalogue = facts.get(ServiceCatalogue, estate_id) or ServiceCatalogue(id=estate_id)
    wanted = command.item, command.quantity, command.price_fen, catalogue

    def rule(turn: Turn, by: str) -> Refusal | None:
        if turn.ticket.kind == "repair":
            return paying.quote_repair(turn, *wanted, caused_by_customer=command.caused_by_customer)
        return refusals.NOT_A_REPAIR if command.caused_by_customer else quoting.quote(turn, by, *wanted)

    return on_staff_command(facts, command, ctx, rule)


def handle_answer_quotation(facts: Facts, command: commands.AnswerQuotation, ctx: Context) -> Outcome:
    """The customer answers."""
    said, accepted = (command.consent, command.reason), command.accepted

    def rule(turn: Turn, by: str) -> Refusal | None:
        if turn.ticket.kind == "repair":
            return paying.answer_repair_quotation(turn, *said, accepted=accepted)
        return quoting.answer_quotation(turn, by, *said, accepted=accepted)

    return on_staff_command(facts, command, ctx, rule)


def handle_finish_step(facts: Facts, command: commands.FinishStep, ctx: Context) -> Outcome:
    """A step is done."""
    return on_staff_command(
        facts,
        command,
        ctx,
        lambda turn, by: serving.finish_step(
            turn, command.step, by, command.documents, command.checks, command.performer_id
        ),
    )


def handle_fail_step(facts: Facts, command: commands.FailStep, ctx: Context) -> Outcome:
    """A step failed."""
    return on_staff_command(
        facts, command, ctx, lambda turn, by: serving.fail_step(turn, command.step, by, command.reason)
    )


def handle_request_step(facts: Facts, command: commands.RequestStep, ctx: Context) -> Outcome:
    """A step is asked for."""
    return on_staff_command(facts, command, ctx, lambda turn, _by: serving.request_step(turn, command.step))
