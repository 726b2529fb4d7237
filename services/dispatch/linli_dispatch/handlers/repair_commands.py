"""The commands about repairs, from the contractor's arrival to the owner's signature, and about who else does them."""

from typing import Any, Final

from linli_messaging.service_map import OnCommand

from linli_dispatch import commands
from linli_dispatch.handlers.accepting import (
    handle_accept_replacement,
    handle_miss_signature,
    handle_pay_replacement,
    handle_send_express_mail,
    handle_sign,
)
from linli_dispatch.handlers.applying import handle_record_conversation
from linli_dispatch.handlers.needs import needs_of_command, needs_of_completing, org_of_ticket
from linli_dispatch.handlers.working import (
    handle_accompany,
    handle_arrive,
    handle_complain_of_contractor,
    handle_decide_reentrusting,
    handle_doubt_responsibility,
    handle_finish,
    handle_refuse_order,
    handle_report_delay,
)

REPAIRS: Final[tuple[OnCommand[Any], ...]] = (
    OnCommand(
        "dispatch.arrive", "POST /tickets/{case_id}/arrive", commands.Arrive, "partner:repair",
        needs_of_command, handle_arrive, ("DSP-10",),
        org_of_ticket, "The contractor is on the spot",
    ),
    OnCommand(
        "dispatch.finish", "POST /tickets/{case_id}/finish", commands.Finish, "partner:repair",
        needs_of_completing, handle_finish, ("DSP-10", "DSP-03", "DSP-04", "DSP-17"),
        org_of_ticket, "The repair is done",
    ),
    OnCommand(
        "dispatch.doubt-responsibility", "POST /tickets/{case_id}/responsibility/unclear",
        commands.DoubtResponsibility, "dispatch:handle", needs_of_command, handle_doubt_responsibility, ("DSP-11",),
        org_of_ticket, "It is unclear who is responsible: the contractor is to be accompanied",
    ),
    OnCommand(
        "dispatch.accompany", "POST /tickets/{case_id}/accompaniment", commands.Accompany, "dispatch:handle",
        needs_of_command, handle_accompany, ("DSP-11",),
        org_of_ticket, "An engineer and the service supervisor were there with the contractor",
    ),
    OnCommand(
        "dispatch.sign", "POST /tickets/{case_id}/signature", commands.Sign, "dispatch:handle",
        needs_of_command, handle_sign, ("DSP-12", "DSP-05"),
        org_of_ticket, "The owner accepts the finished repair and signs",
    ),
    OnCommand(
        "dispatch.miss-signature", "POST /tickets/{case_id}/signature/missing", commands.MissSignature,
        "dispatch:handle", needs_of_command, handle_miss_signature, ("DSP-12",),
        org_of_ticket, "The owner does not sign, for a reason on their side",
    ),
    OnCommand(
        "dispatch.send-express-mail", "POST /tickets/{case_id}/express-mail", commands.SendExpressMail,
        "dispatch:handle", needs_of_command, handle_send_express_mail, ("DSP-12",),
        org_of_ticket, "The express mail is out: the repair is closed as notified",
    ),
    OnCommand(
        "dispatch.refuse-order", "POST /tickets/{case_id}/refuse", commands.RefuseOrder, "partner:repair",
        needs_of_command, handle_refuse_order, ("DSP-14",),
        org_of_ticket, "The contractor refuses to come",
    ),
    OnCommand(
        "dispatch.report-delay", "POST /tickets/{case_id}/delay", commands.ReportDelay, "partner:repair",
        needs_of_command, handle_report_delay, ("DSP-14",),
        org_of_ticket, "The contractor reports that it needs longer",
    ),
    OnCommand(
        "dispatch.complain-of-contractor", "POST /tickets/{case_id}/contractor-complaint",
        commands.ComplainOfContractor, "dispatch:handle", needs_of_command, handle_complain_of_contractor,
        ("DSP-13", "DSP-14"), org_of_ticket, "Record a strong complaint about the contractor's people",
    ),
    OnCommand(
        "dispatch.record-conversation", "POST /tickets/{case_id}/conversation", commands.RecordConversation,
        "dispatch:decide", needs_of_command, handle_record_conversation, ("DSP-13", "DSP-20"),
        org_of_ticket, "The property service manager spoke to the customer of an overdue repair",
    ),
    OnCommand(
        "dispatch.decide-reentrusting", "POST /tickets/{case_id}/reentrusting", commands.DecideReentrusting,
        "dispatch:decide", needs_of_command, handle_decide_reentrusting, ("DSP-14",),
        org_of_ticket, "Apply for another contractor at the first one's cost, or leave it to the first one",
    ),
    OnCommand(
        "dispatch.accept-replacement", "POST /tickets/{case_id}/replacements/{order_id}/acceptance",
        commands.AcceptReplacement, "dispatch:approve", needs_of_command, handle_accept_replacement, ("DSP-14",),
        org_of_ticket, "An office accepts the work of who repaired in another contractor's place",
    ),
    OnCommand(
        "dispatch.pay-replacement", "POST /tickets/{case_id}/replacements/{order_id}/payment",
        commands.PayReplacement, "dispatch:approve", needs_of_command, handle_pay_replacement, ("DSP-14",),
        org_of_ticket, "Finance has paid who repaired in another contractor's place",
    ),
)  # fmt: skip
