"""The registry's commands that may hold from a later instant on, as they are decided at that instant (ORG-01)."""

from typing import Final

from linli_messaging.service_map import OnCommand

from linli_dispatch import place_commands, service_commands
from linli_dispatch.domain.group.places import Estate, PriceLibrary
from linli_dispatch.handlers import handing_over, serving
from linli_dispatch.handlers.needs import needs_of_homes, org_of_estate, org_of_new_estate, org_of_region
from linli_dispatch.handlers.planning import Datable
from linli_dispatch.handlers.registering import (
    handle_price_works,
    handle_record_absence,
    handle_register_contractors,
    handle_register_estate,
    handle_register_homes,
    handle_roster_staff,
)

_DATABLE: Final = (
    Datable(
        OnCommand(
            "dispatch.register-estate", "POST /estates", place_commands.RegisterEstate, "dispatch:registry",
            lambda command: ((Estate, command.estate_id),), handle_register_estate, ("ORG-01",),
            org_of_new_estate, "Register an estate, or its new place in the organisation",
        ),
        Estate, founds=True,
    ),
    Datable(
        OnCommand(
            "dispatch.register-homes", "POST /estates/{estate_id}/homes", place_commands.RegisterHomes,
            "dispatch:registry", needs_of_homes, handle_register_homes, ("ORG-01", "WAR-02"),
            org_of_estate, "Register homes of an estate",
        ),
        Estate, "homes",
    ),
    Datable(
        OnCommand(
            "dispatch.roster-staff", "POST /estates/{estate_id}/roster", place_commands.RosterStaff,
            "dispatch:registry", handing_over.needs_of_rostering, handle_roster_staff, ("DSP-08", "ORG-03", "DSP-19"),
            org_of_estate, "Put people on an estate's roster",
        ),
        Estate, "staff", founds=True,
    ),
    Datable(
        OnCommand(
            "dispatch.register-contractor", "POST /estates/{estate_id}/contractors", place_commands.RegisterContractor,
            "dispatch:registry", lambda command: ((Estate, command.estate_id),), handle_register_contractors,
            ("DSP-08", "DSP-14"), org_of_estate, "Register contractors of an estate",
        ),
        Estate, "contractors",
    ),
    Datable(
        OnCommand(
            "dispatch.record-absence", "POST /estates/{estate_id}/absences", place_commands.RecordAbsence,
            "dispatch:registry", handing_over.needs_of_absence, handle_record_absence, ("DSP-20", "DSP-19"),
            org_of_estate, "Record that somebody of the roster is away, and who acts in their name",
        ),
        Estate, instant="record_from",
    ),
    Datable(
        OnCommand(
            "dispatch.offer-services", "POST /estates/{estate_id}/services", service_commands.OfferServices,
            "dispatch:registry", serving.needs_of_offering, serving.handle_offer_services, ("DSP-16",),
            org_of_estate, "Fill an estate's catalogue of special services, from now or a later instant on",
        ),
        Estate, "services",
    ),
    Datable(
        OnCommand(
            "dispatch.price-works", "POST /regions/{region_id}/prices", place_commands.PriceWorks,
            "dispatch:registry", lambda command: ((PriceLibrary, command.region_id),), handle_price_works,
            ("DSP-14",), org_of_region, "Fill a region's price library",
        ),
        PriceLibrary, "works",
    ),
)  # fmt: skip
DATABLE: Final = {one.entry.name: one for one in _DATABLE}
"""By name."""
