"""The registry's commands: estates, homes, rosters, contractors, absences, prices, services; and planned changes."""

from typing import Any, Final

from linli_messaging.service_map import OnCommand

from linli_dispatch import place_commands, service_commands
from linli_dispatch.domain.group.places import Estate
from linli_dispatch.handlers import beginning, handing_over, planning, serving
from linli_dispatch.handlers.dated_commands import DATABLE
from linli_dispatch.handlers.needs import org_of_estate, org_of_new_estate
from linli_dispatch.handlers.registering import handle_record_absence, handle_register_estate

REGISTRY: Final[tuple[OnCommand[Any], ...]] = (
    OnCommand(
        "dispatch.register-estate", "POST /estates", place_commands.RegisterEstate, "dispatch:registry",
        lambda command: ((Estate, command.estate_id),), handle_register_estate, ("ORG-01",),
        org_of_new_estate, "Register an estate, or its new place in the organisation",
    ),
    *(one.now_or_later() for one in DATABLE.values()),
    OnCommand(
        "dispatch.record-absence", "POST /estates/{estate_id}/absences", place_commands.RecordAbsence,
        "dispatch:registry", handing_over.needs_of_absence, handle_record_absence, ("DSP-20", "DSP-19"),
        org_of_estate, "Record that somebody of the roster is away, and who acts in their name",
    ),
    OnCommand(
        "dispatch.offer-services", "POST /estates/{estate_id}/services", service_commands.OfferServices,
        "dispatch:registry", serving.needs_of_offering, serving.handle_offer_services, ("DSP-16",),
        serving.org_of_catalogue, "Fill an estate's catalogue of special services, from now or a later instant on",
    ),
    OnCommand(
        "dispatch.withdraw-change", "POST /registry/changes/{change_id}/withdraw", place_commands.WithdrawChange,
        "dispatch:registry", planning.needs_of_change, planning.handle_withdraw_change, ("ORG-01",),
        planning.org_of_change, "Withdraw a change of the registry that was planned, or set aside",
    ),
    OnCommand(
        "dispatch.retry-change", "POST /registry/changes/{change_id}/retry", place_commands.RetryChange,
        "dispatch:registry", planning.needs_of_change, beginning.handle_retry_change, ("ORG-01",),
        planning.org_of_change, "Have a change of the registry that was set aside hold after all, from now on",
    ),
)  # fmt: skip
