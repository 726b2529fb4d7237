"""All of dispatch on one page: every input, what it needs loaded, the rule that decides it. The registry's commands
and those about repairs have pages of their own (`registry_commands.py`, `repair_commands.py`).

The functions of this package fetch states and policy and call one rule of `domain/`; no rule is decided here.
"""

from typing import Final

from linli_contracts.events.followup import CallbackCompleted, CustomerUnreachable
from linli_contracts.events.intake import (
    ComplaintAmended,
    ComplaintGraded,
    ComplaintReceived,
    ComplaintsLinked,
    ComplaintUnlinked,
    ComplaintWithdrawn,
)
from linli_contracts.events.warranty import CoverageAnswered
from linli_messaging.service_map import OnCommand, OnEvent, OnOutcome, OnTimer, ServiceMap

from linli_dispatch import commands, service_commands
from linli_dispatch.domain.assigning.filling import FILL, Filling
from linli_dispatch.domain.assigning.handover import HAND_OVER, Handover
from linli_dispatch.domain.blueprints.catalogue import ServiceCatalogue
from linli_dispatch.domain.blueprints.step_record import StepRecord
from linli_dispatch.domain.deadlines.running_clock import DEADLINE_NEAR, NOTICE_UNREAD, WAIT_ENDS
from linli_dispatch.domain.deadlines.running_out import CONSEQUENCES, MISSED_DEADLINE
from linli_dispatch.domain.group.places import ComingEstate, Estate, Home, PriceLibrary, Workload
from linli_dispatch.domain.group.planned_change import CHANGE_BEGINS, PlannedChange
from linli_dispatch.domain.group.registry_import import IMPORT_SETTLES, RegistryImport
from linli_dispatch.domain.repairs.repair_records import PhaseRecords
from linli_dispatch.domain.storms.region_storm import REGION_ROUND, RegionStorm
from linli_dispatch.domain.storms.storm import OVER, ROUND, Storm, StormOrder
from linli_dispatch.domain.storms.usual import Usual
from linli_dispatch.domain.storms.watching import Region
from linli_dispatch.domain.ticket import Ticket
from linli_dispatch.domain.webhook import MAIL, WEBHOOK, Subscriptions, Webhook
from linli_dispatch.handlers import beginning, handing_over, importing, region_storming, serving, storming
from linli_dispatch.handlers.applying import handle_apply_small_works, handle_propose_measure
from linli_dispatch.handlers.crises import (
    handle_answer_in_person,
    handle_confirm_crisis,
    handle_hand_to_group,
    handle_log_crisis,
    handle_name_commander,
    handle_read_notice,
)
from linli_dispatch.handlers.following import (
    handle_amended,
    handle_callback,
    handle_clock,
    handle_coverage,
    handle_graded,
    handle_linked,
    handle_received,
    handle_unlinked,
    handle_unreachable,
    handle_withdrawn,
)
from linli_dispatch.handlers.needs import (
    needs_of_callback,
    needs_of_case,
    needs_of_clock,
    needs_of_command,
    needs_of_completing,
    needs_of_graded,
    needs_of_linked,
    needs_of_received,
    needs_of_unlinked,
    org_of_estate,
    org_of_region,
    org_of_ticket,
)
from linli_dispatch.handlers.partners import (
    handle_end_webhook,
    handle_register_webhook,
    handle_replay_webhook,
    handle_resume_webhook,
    needs_of_delivery,
    needs_of_ending,
    needs_of_registering,
    needs_of_webhook,
    on_delivery_ended,
    with_secret,
)
from linli_dispatch.handlers.registry_commands import REGISTRY
from linli_dispatch.handlers.repair_commands import REPAIRS
from linli_dispatch.handlers.working import (
    handle_answer,
    handle_answer_plan,
    handle_assess,
    handle_carry_out_plan,
    handle_decide_application,
    handle_pass_on,
    handle_propose_plan,
    handle_report,
    handle_resolve,
    handle_resume,
    handle_wait,
)

_RULES_OF_CLOCK: Final = {
    "passing_on": ("INT-08", "DSP-06", "ORG-04"),
    "first_assessment": ("INT-09", "DSP-10", "ORG-04"),
    "feedback_answer": ("INT-09", "ORG-04"),
    "department_answer": ("DSP-02", "DSP-06", "ORG-04"),
    "customer_report": ("DSP-03", "DSP-06", "ORG-04"),
    "completion": ("DSP-03", "DSP-06", "ORG-04"),
    "arrival": ("DSP-10", "DSP-06", "ORG-04"),
    "reentrust_lateness": ("DSP-14",),
    "reentrust_over_limit": ("DSP-14",),
    "reentrusting_approval": ("DSP-14", "DSP-06"),
    "plan_approval": ("DSP-04", "DSP-06"),
    "compensation_approval": ("WAR-20", "DSP-06"),
    "small_works_approval": ("DSP-15", "DSP-06"),
    "measure_approval": ("DSP-13", "DSP-06"),
    "overdue_report": ("DSP-13", "DSP-20"),
    "conversation": ("DSP-13", "DSP-06"),
    "replacement_acceptance": ("DSP-14", "DSP-06"),
    "crisis_confirmation": ("DSP-01", "DSP-20"),
    "age_level_2": ("DSP-06", "INT-06"),
    "age_level_1": ("DSP-06", "INT-06"),
    "ladder_step": ("DSP-06",),
    "callback_close": ("FUP-01",),
    "express_mail": ("DSP-12",),
    "blueprint_step": ("DSP-17", "DSP-06", "ORG-04"),
    DEADLINE_NEAR: ("DSP-20",),
    NOTICE_UNREAD: ("DSP-20",),
    WAIT_ENDS: ("DSP-06", "DSP-19"),
}

MAP: Final = ServiceMap(
    name="dispatch",
    states=(
        Estate, Home, Workload, PhaseRecords, Ticket, PriceLibrary, ServiceCatalogue, StepRecord,
        Webhook, Subscriptions, Usual, Region, RegionStorm, Storm, StormOrder, Handover, Filling, PlannedChange,
        ComingEstate, RegistryImport,
    ),
    appends=(MISSED_DEADLINE,),
    events=(
        OnEvent(ComplaintReceived, needs_of_received, handle_received, ("INT-02", "INT-04", "DSP-09")),
        OnEvent(
            ComplaintGraded, needs_of_graded, handle_graded,
            ("INT-06", "DSP-01", "DSP-07", "DSP-08", "DSP-09", "DSP-13", "DSP-19", "INT-11", "INT-16"),
        ),
        OnEvent(
            ComplaintAmended, needs_of_graded, handle_amended,
            ("INT-02", "INT-05", "INT-08", "INT-11", "DSP-08", "DSP-10", "DSP-17", "WAR-02"),
        ),
        OnEvent(ComplaintsLinked, needs_of_linked, handle_linked, ("INT-07",)),
        OnEvent(ComplaintUnlinked, needs_of_unlinked, handle_unlinked, ("INT-07",)),
        OnEvent(ComplaintWithdrawn, needs_of_case, handle_withdrawn, ("INT-15",)),
        OnEvent(CoverageAnswered, needs_of_case, handle_coverage, ("DSP-10", "DSP-11")),
        OnEvent(CallbackCompleted, needs_of_callback, handle_callback, ("FUP-01", "DSP-05", "DSP-17")),
        OnEvent(CustomerUnreachable, needs_of_callback, handle_unreachable, ("FUP-04", "DSP-12", "DSP-17")),
    ),
    commands=(
        *REGISTRY,
        OnCommand(
            "dispatch.declare-storm", "POST /estates/{estate_id}/storms", commands.DeclareStorm, "dispatch:decide",
            storming.needs_of_declaring, storming.handle_declare_storm, ("DSP-09",),
            org_of_estate, "Declare a storm: requests of its cause are handled together",
        ),
        OnCommand(
            "dispatch.end-storm", "POST /storms/{storm_id}/end", commands.EndStorm, "dispatch:decide",
            storming.needs_of_storm, storming.handle_end_storm, ("DSP-09",),
            storming.org_of_storm, "End a storm: what comes now is handled one by one again",
        ),
        OnCommand(
            "dispatch.declare-region-storm", "POST /regions/{region_id}/storms", commands.DeclareRegionStorm,
            "dispatch:decide", region_storming.needs_of_region, region_storming.handle_declare_region_storm,
            ("DSP-09",), org_of_region, "Declare a storm at all estates of a region, some at a time",
        ),
        OnCommand(
            "dispatch.end-region-storm", "POST /regions/{region_id}/storms/{cause}/end", commands.EndRegionStorm,
            "dispatch:decide", region_storming.needs_of_region, region_storming.handle_end_region_storm,
            ("DSP-09",), org_of_region, "End the storms of a cause at all estates of a region, some at a time",
        ),
        OnCommand(
            "dispatch.finish-storm-order", "POST /storm-orders/{order_id}/finish", commands.FinishStormOrder,
            "dispatch:handle", storming.needs_of_order, storming.handle_finish_storm_order,
            ("DSP-09", "DSP-10", "DSP-19"), storming.org_of_order, "One visit settled a storm's work order",
        ),
        OnCommand(
            "dispatch.pass-on", "POST /tickets/{case_id}/pass-on", commands.PassOn, "dispatch:handle",
            needs_of_command, handle_pass_on, ("INT-08", "DSP-02"),
            org_of_ticket, "The responsible desk has the request in its hands",
        ),
        OnCommand(
            "dispatch.assess", "POST /tickets/{case_id}/assessment", commands.Assess, "dispatch:handle",
            needs_of_command, handle_assess, ("INT-09", "DSP-03", "DSP-10"),
            org_of_ticket, "The request was first assessed, a repair by an engineer on the spot; the customer was told",
        ),
        OnCommand(
            "dispatch.answer", "POST /tickets/{case_id}/department-answer", commands.Answer, "dispatch:handle",
            needs_of_command, handle_answer, ("DSP-02",),
            org_of_ticket, "The department gave its written opinion",
        ),
        OnCommand(
            "dispatch.report", "POST /tickets/{case_id}/report", commands.Report, "dispatch:handle",
            needs_of_command, handle_report, ("DSP-03",),
            org_of_ticket, "The customer was told the result, or the progress and a new date",
        ),
        OnCommand(
            "dispatch.wait", "POST /tickets/{case_id}/wait", commands.WaitForCustomer, "dispatch:handle",
            needs_of_command, handle_wait, ("DSP-06", "DSP-19"),
            org_of_ticket, "The case waits for the customer until a date",
        ),
        OnCommand(
            "dispatch.resume", "POST /tickets/{case_id}/resume", commands.Resume, "dispatch:handle",
            needs_of_command, handle_resume, ("DSP-06",),
            org_of_ticket, "The wait for the customer is over",
        ),
        OnCommand(
            "dispatch.resolve", "POST /tickets/{case_id}/resolve", commands.Resolve, "dispatch:handle",
            needs_of_completing, handle_resolve, ("DSP-02", "DSP-03", "DSP-04", "FUP-01", "DSP-17"),
            org_of_ticket, "The handling of a case that is no repair is finished",
        ),
        *REPAIRS,
        OnCommand(
            "dispatch.propose-plan", "POST /tickets/{case_id}/plan", commands.ProposePlan, "dispatch:handle",
            needs_of_command, handle_propose_plan, ("DSP-04", "WAR-20", "WAR-21", "WAR-22", "WAR-23", "WAR-24"),
            org_of_ticket, "Draft a resolution plan, with or without compensation",
        ),
        OnCommand(
            "dispatch.answer-plan", "POST /tickets/{case_id}/plan/answer", commands.AnswerPlan, "dispatch:handle",
            needs_of_command, handle_answer_plan, ("DSP-04", "WAR-23"),
            org_of_ticket, "The customer accepts or rejects the approved plan",
        ),
        OnCommand(
            "dispatch.carry-out-plan", "POST /tickets/{case_id}/plan/carried-out", commands.CarryOutPlan,
            "dispatch:handle", needs_of_command, handle_carry_out_plan, ("DSP-05",),
            org_of_ticket, "The plan was carried out: the customer signs, or it is carried out again",
        ),
        OnCommand(
            "dispatch.apply-small-works", "POST /tickets/{case_id}/small-works", commands.ApplySmallWorks,
            "dispatch:handle", needs_of_command, handle_apply_small_works, ("DSP-15",),
            org_of_ticket, "Apply for small works that the developer pays",
        ),
        OnCommand(
            "dispatch.propose-measure", "POST /tickets/{case_id}/measure", commands.ProposeMeasure,
            "dispatch:decide", needs_of_command, handle_propose_measure, ("DSP-13",),
            org_of_ticket, "The property service manager proposes a measure about what was reported",
        ),
        OnCommand(
            "dispatch.confirm-crisis", "POST /tickets/{case_id}/crisis/confirm", commands.ConfirmCrisis,
            "dispatch:handle", needs_of_command, handle_confirm_crisis, ("DSP-01", "DSP-20"),
            org_of_ticket, "Whoever was told of the crisis confirms it",
        ),
        OnCommand(
            "dispatch.name-commander", "POST /tickets/{case_id}/crisis/commander", commands.NameCommander,
            "dispatch:decide", needs_of_command, handle_name_commander, ("DSP-01",),
            org_of_ticket, "Another person commands the crisis",
        ),
        OnCommand(
            "dispatch.answer-in-person", "POST /tickets/{case_id}/crisis/answer", commands.AnswerInPerson,
            "dispatch:decide", needs_of_command, handle_answer_in_person, ("DSP-01",),
            org_of_ticket, "The head of the service centre answered a collective complaint in person",
        ),
        OnCommand(
            "dispatch.hand-to-group", "POST /tickets/{case_id}/crisis/group", commands.HandToGroup,
            "dispatch:decide", needs_of_command, handle_hand_to_group, ("DSP-01",),
            org_of_ticket, "The region cannot settle the crisis: the group centre takes over",
        ),
        OnCommand(
            "dispatch.log-crisis", "POST /tickets/{case_id}/crisis/log", commands.LogCrisis, "dispatch:handle",
            needs_of_command, handle_log_crisis, ("DSP-01",),
            org_of_ticket, "A line of the crisis's log",
        ),
        OnCommand(
            "dispatch.read-notice", "POST /tickets/{case_id}/notices/{number}/read", commands.ReadNotice,
            "dispatch:handle", needs_of_command, handle_read_notice, ("DSP-20",),
            org_of_ticket, "Whoever was told of something urgent has read it",
        ),
        OnCommand(
            "dispatch.decide-application", "POST /tickets/{case_id}/applications/{kind}/decision",
            commands.DecideApplication, "dispatch:approve", needs_of_command, handle_decide_application,
            ("DSP-14", "DSP-20"), org_of_ticket, "An office approves an application, sends it back or refuses it",
        ),
        OnCommand(
            "dispatch.quote", "POST /tickets/{case_id}/quotation", service_commands.Quote, "dispatch:handle",
            serving.needs_of_quoting, serving.handle_quote, ("DSP-16", "DSP-10"),
            org_of_ticket, "Offer the customer a special service, or a repair that no warranty pays, at a price",
        ),
        OnCommand(
            "dispatch.answer-quotation", "POST /tickets/{case_id}/quotation/answer", service_commands.AnswerQuotation,
            "dispatch:handle", serving.needs_of_step, serving.handle_answer_quotation, ("DSP-16", "DSP-10"),
            org_of_ticket, "The customer accepts the quotation, or does not",
        ),
        OnCommand(
            "dispatch.finish-step", "POST /tickets/{case_id}/steps/{step}/done", service_commands.FinishStep,
            "dispatch:handle", serving.needs_of_step, serving.handle_finish_step,
            ("DSP-17", "DSP-18", "DSP-16", "DSP-03"), org_of_ticket, "A step of the case's blueprint was done",
        ),
        OnCommand(
            "dispatch.fail-step", "POST /tickets/{case_id}/steps/{step}/failed", service_commands.FailStep,
            "dispatch:handle", serving.needs_of_step, serving.handle_fail_step, ("DSP-17",),
            org_of_ticket, "A step of the case's blueprint failed at one of its known points",
        ),
        OnCommand(
            "dispatch.request-step", "POST /tickets/{case_id}/steps/{step}/start", service_commands.RequestStep,
            "dispatch:handle", serving.needs_of_step, serving.handle_request_step, ("DSP-18",),
            org_of_ticket, "Ask for a step that begins on request only, such as a hot-work permit",
        ),
        OnCommand(
            "dispatch.register-webhook", "POST /contractors/{contractor_id}/webhooks", commands.RegisterWebhook,
            "partner:webhook", needs_of_registering, handle_register_webhook, ("PAR-01",),
            summary="Be told of facts about a contractor's orders at an address; answers with the signing secret",
            tell=with_secret,
        ),
        OnCommand(
            "dispatch.register-staff-webhook", "POST /staff/{staff_id}/webhooks", commands.RegisterStaffWebhook,
            "partner:webhook", needs_of_registering, handle_register_webhook, ("DSP-20",),
            summary="Tell somebody of the staff at an address, or by mail (`mailto:`), what concerns them",
            tell=with_secret,
        ),
        OnCommand(
            "dispatch.end-webhook", "POST /webhooks/{webhook_id}/end", commands.EndWebhook,
            "partner:webhook", needs_of_ending, handle_end_webhook, ("PAR-01",),
            summary="Be told no more",
        ),
        OnCommand(
            "dispatch.resume-webhook", "POST /webhooks/{webhook_id}/resume", commands.ResumeWebhook,
            "partner:webhook", needs_of_webhook, handle_resume_webhook, ("PAR-02",),
            summary="Be told again, after the webhook was disabled, of what comes from now on",
        ),
        OnCommand(
            "dispatch.replay-webhook", "POST /webhooks/{webhook_id}/replay", commands.ReplayWebhook,
            "partner:webhook", needs_of_webhook, handle_replay_webhook, ("PAR-02",),
            summary="Be told once more of everything since an instant, each delivery with the id that it had",
        ),
    ),
    outcomes=tuple(
        OnOutcome(kind, needs_of_delivery, on_delivery_ended, ("PAR-02", "DSP-20")) for kind in (WEBHOOK, MAIL)
    ),
    timers=(
        *(
            OnTimer(Ticket, clock, handle_clock, _RULES_OF_CLOCK[clock], needs_of_clock)
            for clock in (*CONSEQUENCES, DEADLINE_NEAR, NOTICE_UNREAD, WAIT_ENDS)
        ),
        *(
            OnTimer(place, CHANGE_BEGINS, beginning.handle_beginning, ("ORG-01",), beginning.needs_of_beginning,
                    beginning.handle_refused_beginning) for place in (Estate, ComingEstate, PriceLibrary)
        ),
        OnTimer(RegistryImport, IMPORT_SETTLES, importing.handle_settling, ("ORG-01",)),
        OnTimer(Storm, OVER, storming.handle_storm_over, ("DSP-09",), storming.needs_of_storm_clock),
        OnTimer(Storm, ROUND, storming.handle_storm_round, ("DSP-09", "DSP-08"), storming.needs_of_storm_clock),
        OnTimer(
            RegionStorm, REGION_ROUND, region_storming.handle_region_round, ("DSP-09",),
            region_storming.needs_of_region_round,
        ),
        OnTimer(
            Handover, HAND_OVER, handing_over.handle_round, ("DSP-19", "DSP-20", "DSP-01", "INT-04"),
            handing_over.needs_of_round,
        ),
        OnTimer(
            Filling, FILL, handing_over.handle_filling, ("DSP-08", "DSP-19", "DSP-20", "DSP-01"),
            handing_over.needs_of_round,
        ),
    ),
)  # fmt: skip
