"""How a customer is told: by the channel they chose, or by what their contact is; or not at all (INT-16)."""

from typing import ClassVar, Final, Literal

from linli_rulebook.decision import Because, Decision, Outcome, Refusal, State

from linli_intake.domain.person import Customer

Channel = Literal["sms", "wechat", "mail"]
Choice = Literal["sms", "wechat", "mail", "none"]


class ChannelChoice(State):
    """What a customer chose; its id is the customer's reference."""

    table: ClassVar[str] = "channel_choice"

    channel: Choice


def usual_channel(contact: str) -> Channel:
    """Without a choice: mail to an address, a text message to a number."""
    return "mail" if "@" in contact else "sms"


def channel_for(contact: str, choice: ChannelChoice | None, *, emergency: bool) -> Channel | None:
    """By which channel a message goes; None where the customer wants none, and it is no emergency.

    A choice that does not fit a contact that changed since counts for nothing but "none".
    """
    usual = usual_channel(contact)
    if choice is None:
        return usual
    if choice.channel == "none":
        return usual if emergency else None
    return choice.channel if _fits(contact, choice.channel) else usual


def choose(customer: Customer | None, channel: Choice, by: str) -> Outcome:
    """INT-16: the customer's own choice, as whoever spoke to them notes it; the same again changes nothing."""
    if customer is None:
        return NO_CUSTOMER
    if channel != "none" and not _fits(customer.contact, channel):
        return NO_SUCH_CONTACT
    because = Because("INT-16", "channel chosen", customer.id, facts={"channel": channel, "by": by})
    return Decision(
        save=(ChannelChoice(id=customer.id, channel=channel),),
        because=(because,),
        answer={"customer_ref": customer.id, "channel": channel},
    )


def _fits(contact: str, channel: Channel) -> bool:
    return (channel == "mail") == (usual_channel(contact) == "mail")


NO_CUSTOMER: Final = Refusal(
    "customer-not-found", "INT-16", "没有此客户。", "There is no customer with this reference.", 404
)
NO_SUCH_CONTACT: Final = Refusal(
    "no-such-contact", "INT-16", "客户没有登记这种联系方式。", "The customer has given no contact of this kind.", 409,
    (("channel", "mail for an address; sms | wechat for a number; none"),),
)  # fmt: skip
