"""An arriving form, the ids it would get, and what is known about the place and the person it names."""

from dataclasses import dataclass

from linli_contracts.lanes import key_of

from linli_intake.domain.form import RequestForm
from linli_intake.domain.ids import case_id, is_id, is_key, quarantine_id
from linli_intake.domain.person import Contact, contact_id
from linli_intake.domain.place import Estate
from linli_intake.domain.request import Request


@dataclass(frozen=True, slots=True)
class Arrival:
    """A form with the ids it would get."""

    form: RequestForm
    estate_id: str | None
    home_id: str | None
    case_id: str | None
    """None: it names nothing that could be an estate."""
    contact_id: str | None
    """None: no contact was given, so nobody can be found again by it."""
    random_ref: str
    cause: str
    """What the ids are derived from."""
    kept_as: str | None = None
    """Where it is in quarantine, when it comes from there."""

    def quarantine_id(self, estate: Estate | None) -> str:
        """Where it is kept when it is refused: with its estate where that is known, else with all that name none.

        What somebody typed as the estate may be anything, a phone number too, and stands in no id (INT-13).
        """
        return self.kept_as or quarantine_id(estate.id if estate else None, self.cause)


@dataclass(frozen=True, slots=True)
class Known:
    """What intake knows about an arrival; None where it knows nothing."""

    estate: Estate | None = None
    home_is_known: bool = False
    contact: Contact | None = None
    taken: Request | None = None
    """A case that has the very id already."""
    sender_org: str = "group"
    """The organisation path of whoever sends it."""


def arrival_of(form: RequestForm, cause: str, random_ref: str, key: bytes, kept_as: str | None = None) -> Arrival:
    """The form with the ids that follow from it and its cause; for the last two see `Arrival`."""
    estate_id = form.estate_id if is_key(form.estate_id) else None
    at_home = form.home_id is not None and is_id(form.home_id) and key_of(form.home_id) == estate_id
    reachable = form.contact is not None and form.contact.strip() != ""
    return Arrival(
        form=form,
        estate_id=estate_id,
        home_id=form.home_id if at_home else None,
        case_id=case_id(estate_id, cause) if estate_id else None,
        contact_id=contact_id(form.contact or "", key) if reachable else None,
        random_ref=random_ref,
        cause=cause,
        kept_as=kept_as,
    )
