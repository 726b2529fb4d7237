"""The registry's commands: estates, homes, rosters, contractors, absences, prices, services; and of what is planned."""

from typing import Any, Final

from linli_messaging.service_map import OnCommand

from linli_dispatch import import_commands, place_commands
from linli_dispatch.handlers import beginning, importing, planning
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
    OnCommand(
        "dispatch.open-import", "POST /registry/imports", import_commands.OpenImport, "dispatch:registry",
        importing.needs_of_opening, importing.handle_open_import, ("ORG-01",),
        importing.org_of_opening, "Open an import: changes planned in its name hold together, or none does",
    ),
    OnCommand(
        "dispatch.confirm-import", "POST /registry/imports/{import_id}/confirm", import_commands.ConfirmImport,
        "dispatch:registry", importing.needs_of_import, importing.handle_confirm_import, ("ORG-01",),
        importing.org_of_import, "All changes of an import are planned: they hold from its instant on",
    ),
    OnCommand(
        "dispatch.withdraw-import", "POST /registry/imports/{import_id}/withdraw", import_commands.WithdrawImport,
        "dispatch:registry", importing.needs_of_import, importing.handle_withdraw_import, ("ORG-01",),
        importing.org_of_import, "Withdraw an import with all of its changes, before its instant",
    ),
)  # fmt: skip
