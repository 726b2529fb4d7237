"""The registry's commands: estates, homes, rosters, contractors, absences, prices, services; and planned changes."""

from typing import Any, Final

from linli_messaging.service_map import OnCommand

from linli_dispatch import commands, service_commands
from linli_dispatch.domain.group.places import Estate, PriceLibrary
from linli_dispatch.handlers import handing_over, planning, serving
from linli_dispatch.handlers.needs import needs_of_homes, org_of_estate, org_of_new_estate, org_of_region
from linli_dispatch.handlers.planning import datable
from linli_dispatch.handlers.registering import (
    handle_price_works,
    handle_record_absence,
    handle_register_contractors,
    handle_register_estate,
    handle_register_homes,
    handle_roster_staff,
)

REGISTRY: Final[tuple[OnCommand[Any], ...]] = (
    OnCommand(
        "dispatch.register-estate", "POST /estates", commands.RegisterEstate, "dispatch:registry",
        lambda command: ((Estate, command.estate_id),), handle_register_estate, ("ORG-01",),
        org_of_new_estate, "Register an estate, or its new place in the organisation",
    ),
    datable(
        OnCommand(
            "dispatch.register-homes", "POST /estates/{estate_id}/homes", commands.RegisterHomes, "dispatch:registry",
            needs_of_homes, handle_register_homes, ("ORG-01", "WAR-02"),
            org_of_estate, "Register homes of an estate",
        ),
        Estate, "homes",
    ),
    datable(
        OnCommand(
            "dispatch.roster-staff", "POST /estates/{estate_id}/roster", commands.RosterStaff, "dispatch:registry",
            handing_over.needs_of_rostering, handle_roster_staff, ("DSP-08", "ORG-03", "DSP-19"),
            org_of_estate, "Put people on an estate's roster",
        ),
        Estate, "staff",
    ),
    datable(
        OnCommand(
            "dispatch.register-contractor", "POST /estates/{estate_id}/contractors", commands.RegisterContractor,
            "dispatch:registry", lambda command: ((Estate, command.estate_id),), handle_register_contractors,
            ("DSP-08", "DSP-14"), org_of_estate, "Register contractors of an estate",
        ),
        Estate, "contractors",
    ),
    OnCommand(
        "dispatch.record-absence", "POST /estates/{estate_id}/absences", commands.RecordAbsence,
        "dispatch:registry", handing_over.needs_of_absence, handle_record_absence, ("DSP-20", "DSP-19"),
        org_of_estate, "Record that somebody of the roster is away, and who acts in their name",
    ),
    datable(
        OnCommand(
            "dispatch.price-works", "POST /regions/{region_id}/prices", commands.PriceWorks,
            "dispatch:registry", lambda command: ((PriceLibrary, command.region_id),), handle_price_works,
            ("DSP-14",), org_of_region, "Fill a region's price library",
        ),
        PriceLibrary, "works",
    ),
    OnCommand(
        "dispatch.offer-services", "POST /estates/{estate_id}/services", service_commands.OfferServices,
        "dispatch:registry", serving.needs_of_offering, serving.handle_offer_services, ("DSP-16",),
        serving.org_of_catalogue, "Fill an estate's catalogue of special services, from now or a later instant on",
    ),
    OnCommand(
        "dispatch.withdraw-change", "POST /registry/changes/{change_id}/withdraw", commands.WithdrawChange,
        "dispatch:registry", planning.needs_of_withdrawing, planning.handle_withdraw_change, ("ORG-01",),
        planning.org_of_change, "Withdraw a change of the registry that was planned for a later instant",
    ),
)  # fmt: skip
DATABLE: Final = {entry.name: entry for entry in REGISTRY if issubclass(entry.body, commands.DatedCommand)}
"""Those that may hold from a later instant on, by name."""
