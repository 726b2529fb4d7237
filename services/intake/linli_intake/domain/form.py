"""The form (受理单) as a person or a file filled it in: anything may be missing or wrong, nothing is judged here.

What it must hold is told by `completeness.py`; what becomes of it, by `receiving.py` and `quarantine.py`.
"""

import json
from collections.abc import Collection, Mapping
from typing import Annotated, Final, Self

from linli_contracts.event import Instant
from linli_contracts.personal import PersonalText
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ModelWrapValidatorHandler,
    ValidationError,
    model_validator,
)

MOST_CHARACTERS: Final = 200_000
"""Ten times what a request may hold: too long a text is still kept in quarantine, an endless one is not even read."""


def _storable(text: str) -> str:
    """The database keeps every character but NUL, which nobody says: its place stays visible."""
    return text.replace("\x00", "\N{REPLACEMENT CHARACTER}") if "\x00" in text else text


Word = Annotated[str, Field(max_length=200), AfterValidator(_storable)]
PersonalWords = Annotated[PersonalText, Field(max_length=200), AfterValidator(_storable)]
PersonalWriting = Annotated[PersonalText, Field(max_length=MOST_CHARACTERS), AfterValidator(_storable)]
FieldName = Annotated[str, Field(max_length=200), AfterValidator(_storable)]
Unread = Mapping[FieldName, Annotated[PersonalText, AfterValidator(_storable)]]
MOST_UNKNOWN_FIELDS: Final = 100
"""Four times the fields of a form: whoever sends more does not fill in this form, and is refused as a whole."""


class RequestForm(BaseModel):
    """Every field a request can be told with; codes are plain text, so that a wrong one is kept, not lost (INT-03)."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    estate_id: Word | None = None
    home_id: Word | None = None
    common_area: bool = False
    kind: Word | None = None
    category: Word | None = None
    subcategory: Word | None = None
    channel: Word | None = None
    customer_kind: Word | None = None
    name: PersonalWords | None = None
    anonymous: bool = False
    contact: PersonalWords | None = None
    what_happened: PersonalWriting | None = None
    expects: PersonalWriting | None = None
    received_by: Word | None = None
    """Staff id of the first receiver (INT-04)."""
    received_at: Instant | None = None
    """None: now. An earlier instant is for imports only."""
    people: int = 1
    """How many people complain together in this one request."""
    lawsuit: Word = "none"
    publication: Word = "none"
    repeated: bool = False
    """A second complaint about the same problem after it was handled."""
    needs_consultants: bool = False
    """Consultants or another company of the group are needed."""
    trade: Word | None = None
    place: Word | None = None
    emergency: bool = False
    complete_by: Instant | None = None
    source_row: Word | None = None
    language: Word = "zh-CN"
    unread: Unread = Field(default_factory=dict)
    """What a field was told and cannot take (`people: "several"`), and what was told under a name that no field has:
    kept as it came until it is corrected.
    """

    @model_validator(mode="wrap")
    @classmethod
    def _keep_what_no_field_takes(cls, told: object, read: ModelWrapValidatorHandler[Self]) -> Self:
        try:
            return read(told)
        except ValidationError as error:
            named = {str(problem["loc"][0]) for problem in error.errors() if problem["loc"]}
            wrong = named - (cls.model_fields.keys() - FIELDS)
            if not wrong or not isinstance(told, Mapping) or len(wrong - FIELDS) > MOST_UNKNOWN_FIELDS:
                raise
            kept = {field: _as_text(told[field]) for field in sorted(wrong)}
            readable = {field: value for field, value in told.items() if field not in wrong}
            return read({**readable, "unread": {**told.get("unread", {}), **kept}})

    @property
    def is_anonymous(self) -> bool:
        """The customer does not want to be named."""
        return self.anonymous or self.customer_kind == "anonymous"


FIELDS: Final = frozenset(RequestForm.model_fields) - {"unread"}
"""What a form can be told."""


def unknown_fields(form: RequestForm) -> Mapping[str, str]:
    """What was told under names that no field has."""
    return {field: text for field, text in form.unread.items() if field not in FIELDS}


def corrected(form: RequestForm, correction: RequestForm, leave_out: Collection[str] = ()) -> RequestForm:
    """The form with every field that the correction states; saying one of home and common area takes back the other.

    `leave_out` names fields that the form does not have, and whose words stand elsewhere by now.
    """
    update = {field: getattr(correction, field) for field in correction.model_fields_set & FIELDS}
    if update.get("common_area"):
        update.setdefault("home_id", None)
    elif update.get("home_id"):
        update.setdefault("common_area", False)
    left_out = set(leave_out) - FIELDS
    still = {field: text for field, text in form.unread.items() if field not in update and field not in left_out}
    return form.model_copy(update={**update, "unread": {**still, **correction.unread}})


def as_told(form: RequestForm) -> RequestForm:
    """The form alone, without what a command carries besides."""
    return RequestForm.model_construct(**{field: getattr(form, field) for field in RequestForm.model_fields})


def _as_text(told: object) -> str:
    return told if isinstance(told, str) else json.dumps(told, ensure_ascii=False, default=str)
