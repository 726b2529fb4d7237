"""What dispatch concludes, in both languages, and which entries of the policy each conclusion rests on (ORG-02).

One row for each `Because.what` of this service; a test holds the table complete and its entries known. No rules here.
"""

from collections.abc import Mapping
from typing import Final, get_args

from linli_contracts.events.dispatch import NoticeKind
from linli_rulebook.explaining import Conclusion, Conclusions

from linli_dispatch.domain.terms import CLAIM_KINDS, CLAIM_RULES

_PLAN_CHAINS: Final = tuple(f"dispatch.plan_approval_level_{level}" for level in range(1, 5))
_LIMITS: Final = tuple(f"warranty.compensation_{kind}_limit" for kind in CLAIM_KINDS)
_CLAIMS: Final = (*_LIMITS, *(f"warranty.compensation_{rule}" for rule in CLAIM_RULES))
_APPROVAL: Final = ("dispatch.approval_step_limit", "calendar.desk_approvers")

BEHIND_CLOCK: Final[Mapping[str, tuple[str, ...]]] = {
    "passing_on": (
        "intake.passing_on_phone",
        "intake.passing_on_email",
        "intake.passing_on_other",
        "intake.passing_on_after_opening",
        "intake.passing_on_emergency",
        "dispatch.forward_to_department_within",
        "calendar.desk_departments",
    ),
    "first_assessment": ("intake.first_assessment_within",),
    "feedback_answer": ("intake.online_feedback_within", "intake.online_feedback", "intake.member_feedback"),
    "department_answer": ("dispatch.department_answer", "calendar.desk_departments"),
    "customer_report": ("dispatch.report_within", "dispatch.report_again", "calendar.desk_departments"),
    "completion": (
        "dispatch.resolve_ordinary_within",
        "dispatch.resolve_complex_within",
        "dispatch.finish_within",
    ),
    "arrival": ("dispatch.arrive_within",),
    "reentrusting_approval": _APPROVAL,
    "plan_approval": _APPROVAL,
    "compensation_approval": _APPROVAL,
    "small_works_approval": _APPROVAL,
    "measure_approval": _APPROVAL,
    "age_level_2": ("dispatch.age_level_2",),
    "age_level_1": ("dispatch.age_level_1",),
    "overdue_report": ("dispatch.overdue_reported_after", "dispatch.finish_within"),
    "conversation": ("dispatch.conversation_within", "calendar.desk_approvers"),
    "replacement_acceptance": ("dispatch.replacement_accepted_within", "calendar.desk_approvers"),
    "crisis_confirmation": ("dispatch.urgent_unread_repeat_after",),
    "blueprint_step": (),  # its entry has the name of the step in it
    "ladder_step": ("dispatch.ladder_step_limit", "calendar.desk_approvers"),
}
"""The entries that each clock's length is read from."""

_BEHIND_CHAIN: Final = {
    "plan": _PLAN_CHAINS,
    "compensation": _CLAIMS,
    "reentrusting": ("dispatch.reentrusting_chain",),
    "small_works": ("dispatch.small_works_chain",),
    "measure": ("dispatch.measure_chain",),
}
_TOLD_OF: Final = {kind: (f"dispatch.staff_told_of_{kind}",) for kind in get_args(NoticeKind)}
_CRISIS: Final = (
    "dispatch.crisis_commander",
    "dispatch.crisis_convener",
    "dispatch.crisis_chain",
    "dispatch.offices",
    *_PLAN_CHAINS,
)
_BLUEPRINT: Final = "blueprints.{}"
_STANDARD: Final = "blueprints.{}_within"
_ASKED: Final = ("dispatch.offices", *_APPROVAL)

CONCLUSIONS: Final[Conclusions] = {
    "ticket opened": Conclusion("建单", "ticket opened"),
    "assigned": Conclusion(
        "派单",
        "assigned",
        ("dispatch.desk_of_kind", "dispatch.desk_of_category", "dispatch.route_weights", "dispatch.route_load_limit"),
    ),
    "shortage: assigned elsewhere": Conclusion(
        "人手不足：改派",
        "shortage: assigned elsewhere",
        ("dispatch.desk_of_kind", "dispatch.desk_of_category", "dispatch.route_load_limit", "dispatch.desks"),
    ),
    "handed over": Conclusion(
        "移交", "handed over", ("dispatch.short_absence", "dispatch.route_weights", "dispatch.route_load_limit")
    ),
    "shortage over: given to who fits": Conclusion(
        "人手已补：改派合适人员",
        "shortage over: given to who fits",
        ("dispatch.desks", "dispatch.route_weights", "dispatch.route_load_limit"),
    ),
    "shortage over: who has it fits": Conclusion(
        "人手已补：现处理人合适", "shortage over: who has it fits", ("dispatch.desks", "dispatch.route_load_limit")
    ),
    "shortage over: the owner is back": Conclusion("首接责任人已返岗", "shortage over: the owner is back"),
    "owner changed": Conclusion("变更首接责任人", "owner changed", ("dispatch.short_absence",)),
    "nobody to own the case: a shortage": Conclusion("无人可接任首接责任人", "nobody to own the case: a shortage"),
    "requests linked": Conclusion("并案", "requests linked"),
    "request unlinked": Conclusion("拆案", "request unlinked"),
    "level raised": Conclusion("提高级别", "level raised", by="because", entries_by=BEHIND_CLOCK),
    "age became a ground of the level": Conclusion(
        "超期成为定级依据，级别不变", "age became a ground of the level", by="because", entries_by=BEHIND_CLOCK
    ),
    "level lowered by intake's decision": Conclusion("按受理意见降低级别", "level lowered by intake's decision"),
    "crisis opened": Conclusion("危机立案", "crisis opened", (*_CRISIS, "intake.level_2_collective_people")),
    "crisis opened without a commander: a shortage": Conclusion(
        "危机立案，无人指挥", "crisis opened without a commander: a shortage", _CRISIS
    ),
    "told of the crisis": Conclusion(
        "危机通知", "told of the crisis", (*_CRISIS, "dispatch.urgent_unread_repeat_after")
    ),
    "nobody left to tell of the crisis: a shortage": Conclusion(
        "危机通知无人确认，已无人可通知", "nobody left to tell of the crisis: a shortage", _CRISIS
    ),
    "staff told": Conclusion("通知员工", "staff told", by="kind", entries_by=_TOLD_OF),
    "staff told again": Conclusion(
        "通知未读，转发下一人", "staff told again", ("dispatch.urgent_unread_repeat_after", "dispatch.ladder_steps")
    ),
    "nobody left to tell: a shortage": Conclusion(
        "紧急通知无人读，已无人可通知", "nobody left to tell: a shortage", ("dispatch.urgent_unread_repeat_after",)
    ),
    "nobody to page: a shortage": Conclusion(
        "紧急事项无人可传呼：人手短缺", "nobody to page: a shortage", ("dispatch.desks", "dispatch.ladder_steps")
    ),
    "notice read": Conclusion("通知已读", "notice read"),
    "crisis confirmed": Conclusion("已确认危机通知", "crisis confirmed"),
    "commander named": Conclusion("指定指挥人", "commander named"),
    "crisis without a commander: a shortage": Conclusion(
        "危机无人指挥", "crisis without a commander: a shortage", _CRISIS
    ),
    "answered in person": Conclusion("已当面答复", "answered in person"),
    "handed to the group centre": Conclusion("移交集团营销中心", "handed to the group centre"),
    "crisis logged": Conclusion("危机处理记录", "crisis logged"),
    "crisis ended": Conclusion("危机结束", "crisis ended"),
    "storm declared": Conclusion(
        "启动突发模式",
        "storm declared",
        (
            "storm.causes",
            "storm.short_window",
            "storm.long_window",
            "storm.ordinary_at_most_once_in",
            "storm.least_requests",
            "storm.times_usual",
            "storm.learning",
            "storm.half_life",
            "storm.region_estates",
            "storm.stirs_once_in",
            "storm.declared_by",
        ),
    ),
    "storm ended": Conclusion("结束突发模式", "storm ended", ("storm.over_after", "storm.declared_by")),
    "storm of a region declared": Conclusion(
        "区域启动突发模式", "storm of a region declared", ("storm.causes", "storm.declared_by")
    ),
    "storm of a region ended": Conclusion(
        "区域结束突发模式", "storm of a region ended", ("storm.causes", "storm.declared_by")
    ),
    "joined a storm's work order": Conclusion(
        "并入突发工单", "joined a storm's work order", ("storm.causes", "storm.order_at_most", "storm.round_every")
    ),
    "left a storm's work order": Conclusion("退出突发工单", "left a storm's work order", ("storm.causes",)),
    "work orders given out over the whole set": Conclusion(
        "突发工单统一派工",
        "work orders given out over the whole set",
        (
            "storm.round_every",
            "storm.further_request",
            "storm.urgency",
            "storm.visit",
            "storm.way_within_phase",
            "storm.way_across",
            "storm.order_waits_at_most",
        ),
    ),
    "facts amended": Conclusion(
        "内容更正",
        "facts amended",
        ("dispatch.desk_of_kind", "dispatch.desk_of_category", "intake.online_feedback", "intake.member_feedback"),
    ),
    "answer is about what the case no longer is": Conclusion(
        "答复所涉内容已更正，不再适用", "answer is about what the case no longer is"
    ),
    "amended, but what is under way stays": Conclusion(
        "内容更正，已在办的不变", "amended, but what is under way stays"
    ),
    "first assessed": Conclusion("已初步评估并告知客户", "first assessed"),
    "passed on": Conclusion("已转达", "passed on"),
    "department answered": Conclusion("部门已答复", "department answered"),
    "customer told": Conclusion("已回复客户", "customer told"),
    "deadline near": Conclusion("时限临近", "deadline near", ("dispatch.warn_at_share",), "clock", BEHIND_CLOCK),
    "deadline missed": Conclusion("超时", "deadline missed", (), "clock", BEHIND_CLOCK, _STANDARD, "step"),
    "ladder step taken": Conclusion(
        "升级督办一级",
        "ladder step taken",
        ("dispatch.ladder_steps", "dispatch.ladder_step_limit", "dispatch.desks", "calendar.desk_approvers"),
    ),
    "ladder step vacant: a shortage": Conclusion(
        "升级督办一级，该级空缺", "ladder step vacant: a shortage", ("dispatch.ladder_steps", "dispatch.desks")
    ),
    "waits for the customer": Conclusion("等待客户", "waits for the customer", ("dispatch.wait_at_most",)),
    "wait ended": Conclusion("结束等待", "wait ended"),
    "resolved": Conclusion("处理完成", "resolved"),
    "reopened: the customer is not satisfied": Conclusion("客户不满意：重新打开", "reopened: customer not satisfied"),
    "callback is about an earlier state: nothing changes": Conclusion(
        "回访针对以前的状态：不变", "the callback is about an earlier state: nothing changes"
    ),
    "called back, but a claim is open: not closed yet": Conclusion(
        "已回访，赔偿未决：暂不关闭", "called back, but a claim is open: not closed yet", ("followup.close_within",)
    ),
    "ticket closed": Conclusion("关闭", "ticket closed"),
    "answer about coverage came too late": Conclusion("保修答复来迟", "answer about coverage came too late"),
    "an office accepts the replacement's work": Conclusion(
        "接替单位工程验收", "an office accepts the replacement's work", ("dispatch.replacement_accepted_by",)
    ),
    "the replacement's work accepted by all": Conclusion(
        "接替单位工程联合验收通过", "the replacement's work accepted by all", ("dispatch.replacement_accepted_by",)
    ),
    "the replacement was paid": Conclusion("已向接替单位付款", "the replacement was paid"),
    "not handed over: the developer's department is responsible": Conclusion(
        "未交付：由开发商工程部负责",
        "not handed over: the developer's department is responsible",
        ("dispatch.repair_desk_before_handover",),
    ),
    "not handed over, and nobody of the developer's department is there: own staff": Conclusion(
        "未交付，开发商工程部无人：自有人员维修",
        "not handed over, and nobody of the developer's department is there: own staff",
        ("dispatch.repair_desk_before_handover",),
    ),
    "not covered: own staff": Conclusion("不在保修范围：自有人员维修", "not covered: own staff"),
    "covered: the contractor is called once an engineer has inspected": Conclusion(
        "保修范围内：待工程师现场查看后通知施工单位",
        "covered: the contractor is called once an engineer has inspected",
        ("intake.first_assessment_within",),
    ),
    "order taken back: another contractor's trade, or none": Conclusion(
        "收回工程联系单：不属于该施工单位的工种", "order taken back: another contractor's trade, or none"
    ),
    "inspected": Conclusion("工程师已现场查看", "inspected on the spot"),
    "contractor notified": Conclusion(
        "已通知施工单位", "contractor notified", ("dispatch.arrive_within", "dispatch.finish_within")
    ),
    "to be accompanied": Conclusion(
        "须陪同施工单位", "to be accompanied", ("dispatch.accompanied", "dispatch.offices")
    ),
    "the contractor was accompanied": Conclusion("已陪同施工单位", "the contractor was accompanied"),
    "done without the company that was asked for": Conclusion(
        "未按要求陪同即完工", "done without the company that was asked for"
    ),
    "contractor arrived": Conclusion("施工单位到场", "contractor arrived"),
    "repair done": Conclusion("维修完成", "repair done"),
    "repair accepted by the owner": Conclusion("业主签字验收", "repair accepted by the owner"),
    "no signature, for a reason on the customer's side": Conclusion(
        "因客户原因未签字", "no signature, for a reason on the customer's side", ("dispatch.unsigned_closed_after",)
    ),
    "express mail is due": Conclusion(
        "应寄特快专递", "express mail is due", ("dispatch.unsigned_closed_after", "dispatch.express_mail_again")
    ),
    "express mail sent": Conclusion("特快专递已寄出", "express mail sent"),
    "unreachable, but the signature is awaited: express mail follows": Conclusion(
        "无法联系，待签字：将寄特快专递", "unreachable, but the signature is awaited: express mail follows"
    ),
    "contractor reported a delay": Conclusion("施工单位报告延期", "contractor reported a delay"),
    "strong complaint about the contractor's people": Conclusion(
        "对施工人员的强烈投诉", "strong complaint about the contractor's people"
    ),
    "re-entrusting proposed": Conclusion(
        "提议另行委托",
        "re-entrusting proposed",
        by="ground",
        entries_by={
            "late_arrival": ("dispatch.reentrust_after_lateness", "dispatch.arrive_within"),
            "over_limit": ("dispatch.finish_within",),
        },
    ),
    "re-entrusting declined": Conclusion("不另行委托", "re-entrusting declined"),
    "re-entrusting applied for": Conclusion(
        "申请另行委托",
        "re-entrusting applied for",
        ("dispatch.reentrusting_chain", "dispatch.reentrust_small_amount"),
    ),
    "priced otherwise: the chain begins again": Conclusion(
        "价格变更：重新审批", "priced otherwise: the chain begins again", ("dispatch.reentrusting_chain",)
    ),
    "repair re-entrusted": Conclusion(
        "已另行委托", "repair re-entrusted", ("dispatch.reentrust_small_amount", "dispatch.arrive_within")
    ),
    "approval asked": Conclusion("送审", "approval asked", _ASKED, "kind", _BEHIND_CHAIN),
    "approval asked of a vacant office: a shortage": Conclusion(
        "送审，该岗位空缺", "approval asked of a vacant office: a shortage", _ASKED, "kind", _BEHIND_CHAIN
    ),
    "application approved": Conclusion("审批通过", "application approved", (), "kind", _BEHIND_CHAIN),
    "application returned": Conclusion("审批退回", "application returned", (), "kind", _BEHIND_CHAIN),
    "application rejected": Conclusion("审批不同意", "application rejected", (), "kind", _BEHIND_CHAIN),
    "application withdrawn": Conclusion("申请撤回", "application withdrawn"),
    "the level rose: the chain begins again": Conclusion(
        "级别上升，重新送审", "the level rose: the chain begins again", _PLAN_CHAINS
    ),
    "the level rose: more offices approve": Conclusion(
        "级别上升，增加审批岗位", "the level rose: more offices approve", _PLAN_CHAINS
    ),
    "plan approved": Conclusion("处理方案获批", "plan approved", _PLAN_CHAINS),
    "plan accepted by the customer": Conclusion("客户接受方案", "plan accepted by the customer"),
    "plan rejected by the customer": Conclusion("客户不接受方案", "plan rejected by the customer"),
    "plan carried out": Conclusion("方案已执行", "plan carried out"),
    "settlement agreed": Conclusion("签订和解协议", "settlement agreed"),
    "recovered from the deposit": Conclusion("由质保金追偿", "recovered from the deposit"),
    "not recovered": Conclusion("不追偿", "not recovered"),
    "a claim split below the limit: judged by the sum": Conclusion(
        "拆分索赔：按合计金额审批",
        "a claim split below the limit: judged by the sum",
        _LIMITS,
    ),
    "a price split below the limit: judged by the sum": Conclusion(
        "拆分另行委托：按合计金额核价",
        "a price split below the limit: judged by the sum",
        ("dispatch.reentrust_small_amount",),
    ),
    "services offered": Conclusion("服务目录更新", "services offered"),
    "blueprint begun": Conclusion("按服务蓝图办理", "blueprint begun", named=_BLUEPRINT, named_by="blueprint"),
    "step begun": Conclusion("步骤开始", "step begun", named=_STANDARD, named_by="step"),
    "step done": Conclusion("步骤完成", "step done"),
    "all steps done, but not resolved": Conclusion("步骤均已完成，尚不能办结", "all steps done, but not resolved"),
    "step failed": Conclusion("步骤失败", "step failed", named=_BLUEPRINT, named_by="blueprint"),
    "a step fails often": Conclusion(
        "步骤经常失败",
        "a step fails often",
        ("blueprints.failing_share", "blueprints.failing_minimum", "blueprints.failing_period"),
    ),
    "quoted": Conclusion("按目录报价", "quoted at the catalogue's price"),
    "quoted at another price than the catalogue's": Conclusion(
        "报价与目录不同", "quoted at another price than the catalogue's"
    ),
    "quotation accepted": Conclusion("客户接受报价", "quotation accepted"),
    "quotation not accepted": Conclusion("客户不接受报价", "quotation not accepted"),
    "small works applied for": Conclusion("申请零星工程", "small works applied for", ("dispatch.small_works_chain",)),
    "further small works of one case: the offices see the sum": Conclusion(
        "同一案件再次申请零星工程：合计金额送审", "further small works of one case: the offices see the sum"
    ),
    "small works approved": Conclusion("零星工程获批", "small works approved"),
    "reported to the property service manager": Conclusion(
        "上报物业服务经理",
        "reported to the property service manager",
        by="ground",
        entries_by={
            "order_overdue": ("dispatch.overdue_reported_after", "dispatch.finish_within"),
            "same_place_again": ("dispatch.repeat_repairs_reported",),
            "continuous_repairs": ("dispatch.continuous_repair_reported_after", "dispatch.continuous_repair_gap"),
            "same_defect_in_phase": ("dispatch.same_defect_share",),
        },
    ),
    "the manager spoke to the customer": Conclusion("物业服务经理已与客户沟通", "the manager spoke to the customer"),
    "measure proposed": Conclusion("提出处理措施", "measure proposed", ("dispatch.measure_chain",)),
    "measure approved": Conclusion("处理措施获批", "measure approved"),
    "priced": Conclusion("价格库更新", "priced"),
    "registered": Conclusion("登记", "registered"),
    "change planned": Conclusion("变更待生效", "change planned"),
    "change set aside": Conclusion("变更搁置", "change set aside"),
    "change withdrawn": Conclusion("变更撤回", "change withdrawn"),
    "import opened": Conclusion("开始导入", "import opened"),
    "import confirmed": Conclusion("导入确认", "import confirmed"),
    "import begun": Conclusion("导入生效", "import begun"),
    "import lapsed": Conclusion("导入失效", "import lapsed"),
    "import withdrawn": Conclusion("导入撤回", "import withdrawn"),
    "webhook registered": Conclusion("登记推送订阅", "webhook registered", ("dispatch.webhooks_a_contractor",)),
    "webhook replayed": Conclusion("推送重发", "webhook replayed"),
    "webhook disabled": Conclusion("停用推送订阅", "webhook disabled", ("dispatch.webhook_give_up_after",)),
}
