"""Who a customer is: found again by contact, told apart from the case by a random reference (INT-12, INT-13).

These are the only states, with the words of a request, that hold personal data. Nothing here goes into an event.
"""

import hashlib
import hmac
import re
import unicodedata
from typing import ClassVar, Final

from linli_contracts.events.intake import CustomerKind
from linli_contracts.personal import PersonalText
from linli_rulebook.decision import NOTHING, Decision, Outcome, State

_SEPARATORS: Final = re.compile(r"[\s\-().]+")
_NUMBER: Final = re.compile(r"[+(]*[0-9][0-9\s\-().]*[0-9]")
_PHONE_DIGITS: Final = 7
"""Fewer make no telephone number: what parts them tells buildings and homes of an address apart."""
_BLANKS: Final = re.compile(r"(?<![a-z0-9])\s+|\s+(?![a-z0-9])")
"""Beside Chinese they mean nothing; between Latin words and numbers they do."""
_CHINA: Final = re.compile(r"^(\+|00)86(?=\d{7,})")


class Customer(State):
    """A customer's own file; its id is the reference that all other services know."""

    table: ClassVar[str] = "customer"

    name: PersonalText
    contact: PersonalText
    kind: CustomerKind


class Contact(State):
    """A contact that was seen before and whose it is; its id is a keyed digest, so this row alone names nobody."""

    table: ClassVar[str] = "contact"

    customer_ref: str
    member: bool = False
    """A member of the owners' club (LOY-01)."""


def become_member(contact: Contact | None, customer_ref: str) -> Outcome:
    """The person of this contact is a member from now on; nothing for one that is, or for somebody else's contact."""
    if contact is None or contact.customer_ref != customer_ref or contact.member:
        return NOTHING
    return Decision(save=(contact.model_copy(update={"member": True}),))


def contact_id(contact: str, key: bytes) -> str:
    """The id of a contact however it is spelt; without the deployment's key nobody can try all phone numbers."""
    return "p" + hmac.new(key, plain_form(contact).encode(), hashlib.sha256).hexdigest()[:24]


def customer_ref(random_ref: str) -> str:
    """A new customer's reference: random, for a derived one could be linked after erasure (INT-13)."""
    return f"cu{random_ref}"


def plain_form(contact: str) -> str:
    """One spelling for a contact: full width and capitals do not count, nor, in a telephone number, spaces, hyphens,
    brackets and the code 86. Elsewhere, in an address or a name of a messenger, these tell people apart.
    """
    text = unicodedata.normalize("NFKC", contact).strip().casefold()
    if "@" in text:
        return text
    return _CHINA.sub("", _BLANKS.sub("", _NUMBER.sub(_as_dialled, text)))


def _as_dialled(number: re.Match[str]) -> str:
    digits = _SEPARATORS.sub("", number[0])
    return digits if len(digits) >= _PHONE_DIGITS else number[0]
