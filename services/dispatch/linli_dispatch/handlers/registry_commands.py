"""The registry's commands: estates, homes, rosters, contractors, absences, prices, services; and planned changes."""

from typing import Any, Final

from linli_messaging.service_map import OnCommand

from linli_dispatch import place_commands
from linli_dispatch.handlers import beginning, planning
from linli_dispatch.handlers.dated_commands import DATABLE

REGISTRY: Final[tuple[OnCommand[Any], ...]] = (
    *(one.now_or_later(DATABLE) for one in DATABLE.values()),
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
