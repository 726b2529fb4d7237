"""What dispatch refuses about imports of the organisation, by name; what did not begin has it as a reason (ORG-01)."""

from typing import Final

from linli_rulebook.decision import Refusal

IMPORT_NOT_FOUND: Final = Refusal("import-not-found", "ORG-01", "没有这次导入。", "There is no such import.", 404)
IMPORT_NOT_AHEAD: Final = Refusal(
    "import-not-ahead",
    "ORG-01",
    "导入的生效时间须在将来。",
    "The instant from which an import holds must lie ahead.",
    422,
    (("from_at", "an instant that has not come"),),
)
IMPORT_OTHER_INSTANT: Final = Refusal(
    "import-other-instant",
    "ORG-01",
    "变更的生效时间须为该次导入的生效时间。",
    "A change of an import holds from the import's own instant on.",
    422,
)
IMPORT_CONFIRMED: Final = Refusal(
    "import-confirmed",
    "ORG-01",
    "该次导入已确认，不再接受变更。",
    "The import was confirmed: it takes no more changes.",
)
IMPORT_BEGUN: Final = Refusal("import-begun", "ORG-01", "该次导入已生效。", "The import holds already.")
IMPORT_LAPSED: Final = Refusal(
    "import-lapsed",
    "ORG-01",
    "该次导入在生效时间前未获确认，已失效。",
    "The import was not confirmed before its instant: nothing of it holds.",
)
IMPORT_WITHDRAWN: Final = Refusal("import-withdrawn", "ORG-01", "该次导入已撤回。", "The import was withdrawn.")
