"""The map of intake: every input it takes, what each needs loaded, the rule that decides it.

Functions in this package only fetch states and call one rule of `domain/`; no rule is decided here.
"""

from linli_contracts.events.dispatch import (
    CaseAssessed,
    ContractorNotified,
    CustomerReported,
    EstateRegistered,
    HomeRegistered,
    HomesRegistered,
    RepairDone,
    TicketAged,
    TicketClosed,
    TicketLevelRaised,
    TicketPassedOn,
    TicketReopened,
    TicketResolved,
)
from linli_contracts.events.loyalty import MemberJoined
from linli_contracts.events.messages import MessageRequested
from linli_messaging.service_map import ANYWHERE, OnCommand, OnEvent, OnOutcome, ServiceMap

from linli_intake.commands import (
    AmendRequest,
    ChooseChannel,
    LinkRequests,
    ReceiveRequest,
    ResubmitRequest,
    UnlinkRequest,
    WithdrawRequest,
)
from linli_intake.domain.channel import ChannelChoice
from linli_intake.domain.group import Group
from linli_intake.domain.messages import MESSAGE
from linli_intake.domain.person import Contact, Customer
from linli_intake.domain.place import Estate, Homes
from linli_intake.domain.quarantine import Quarantined
from linli_intake.domain.request import Request, RequestText
from linli_intake.handlers.changing import (
    handle_amending,
    handle_linking,
    handle_unlinking,
    handle_withdrawing,
    needs_of_amending,
    needs_of_case,
    needs_of_linking,
    org_of_case,
)
from linli_intake.handlers.following import (
    needs_of_homes,
    needs_of_member,
    needs_of_standing,
    on_aged,
    on_estate_registered,
    on_homes_registered,
    on_member_joined,
    on_standing,
)
from linli_intake.handlers.receiving import (
    handle_receiving,
    handle_resubmitting,
    needs_of_receiving,
    needs_of_resubmitting,
    org_of_receiving,
    org_of_resubmitting,
    with_secret,
)
from linli_intake.handlers.telling import (
    handle_choose_channel,
    needs_of_choice,
    needs_of_message,
    on_message_ended,
    on_message_requested,
)

MAP = ServiceMap(
    name="intake",
    states=(Request, RequestText, Customer, Contact, Estate, Homes, Group, Quarantined, ChannelChoice),
    events=(
        OnEvent(
            EstateRegistered, lambda fact: ((Estate, fact.estate_id),), on_estate_registered, rules=("INT-03", "ORG-01")
        ),
        OnEvent(HomesRegistered, needs_of_homes, on_homes_registered, rules=("INT-03",)),
        OnEvent(HomeRegistered, needs_of_homes, on_homes_registered, rules=("INT-03",)),
        OnEvent(TicketLevelRaised, needs_of_standing, on_aged, rules=("INT-06", "DSP-06")),
        OnEvent(TicketAged, needs_of_standing, on_aged, rules=("INT-06", "DSP-06")),
        OnEvent(TicketPassedOn, needs_of_standing, on_standing, rules=("INT-15",)),
        OnEvent(CaseAssessed, needs_of_standing, on_standing, rules=("INT-15", "INT-09")),
        OnEvent(CustomerReported, needs_of_standing, on_standing, rules=("INT-15",)),
        OnEvent(ContractorNotified, needs_of_standing, on_standing, rules=("INT-15",)),
        OnEvent(RepairDone, needs_of_standing, on_standing, rules=("INT-15",)),
        OnEvent(TicketResolved, needs_of_standing, on_standing, rules=("INT-15",)),
        OnEvent(TicketReopened, needs_of_standing, on_standing, rules=("INT-15",)),
        OnEvent(TicketClosed, needs_of_standing, on_standing, rules=("INT-15",)),
        OnEvent(MemberJoined, needs_of_member, on_member_joined, rules=("INT-09", "LOY-09")),
        OnEvent(MessageRequested, needs_of_message, on_message_requested, rules=("INT-16", "FUP-03")),
    ),
    outcomes=(OnOutcome(MESSAGE, lambda _intent: (), on_message_ended, rules=("INT-16",)),),
    commands=(
        OnCommand(
            name="intake.receive",
            route="POST /requests",
            body=ReceiveRequest,
            scope="intake:receive",
            needs=needs_of_receiving,
            decide=handle_receiving,
            rules=("INT-01", "INT-02", "INT-03", "INT-04", "INT-06", "INT-11", "INT-12", "INT-13"),
            org=org_of_receiving,
            tell=with_secret,
            summary="Receive a request; an incomplete one is kept in quarantine and answered with all that is missing.",
        ),
        OnCommand(
            name="intake.resubmit",
            route="POST /quarantine/{quarantine_id}/resubmit",
            body=ResubmitRequest,
            scope="intake:receive",
            needs=needs_of_resubmitting,
            decide=handle_resubmitting,
            rules=("INT-03",),
            org=org_of_resubmitting,
            tell=with_secret,
            summary="Correct a form in quarantine and receive it again.",
        ),
        OnCommand(
            name="intake.amend",
            route="POST /requests/{case_id}/amend",
            body=AmendRequest,
            scope="intake:receive",
            needs=needs_of_amending,
            decide=handle_amending,
            rules=("INT-02", "INT-06", "INT-15"),
            org=org_of_case,
            summary="State facts as they really are, or add the customer's further words; the request is graded again.",
        ),
        OnCommand(
            name="intake.link",
            route="POST /requests/{case_id}/link",
            body=LinkRequests,
            scope="intake:link",
            needs=needs_of_linking,
            decide=handle_linking,
            rules=("INT-06", "INT-07"),
            org=org_of_case,
            summary="Link two requests about the same issue; all that are linked are graded again.",
        ),
        OnCommand(
            name="intake.unlink",
            route="POST /requests/{case_id}/unlink",
            body=UnlinkRequest,
            scope="intake:link",
            needs=needs_of_case,
            decide=handle_unlinking,
            rules=("INT-06", "INT-07"),
            org=org_of_case,
            summary="Take a request out of those it is linked to; levels may fall with the ground.",
        ),
        OnCommand(
            name="intake.withdraw",
            route="POST /requests/{case_id}/withdraw",
            body=WithdrawRequest,
            scope="intake:receive",
            needs=needs_of_case,
            decide=handle_withdrawing,
            rules=("INT-15",),
            org=org_of_case,
            summary="The customer takes the request back.",
        ),
        OnCommand(
            name="intake.choose-channel",
            route="POST /customers/{customer_ref}/channel",
            body=ChooseChannel,
            scope="intake:receive",
            needs=needs_of_choice,
            decide=handle_choose_channel,
            rules=("INT-16",),
            org=lambda _facts, _body: ANYWHERE,
            summary="Note how a customer wants to be told: sms, wechat, mail, or none but in an emergency.",
        ),
    ),
)
