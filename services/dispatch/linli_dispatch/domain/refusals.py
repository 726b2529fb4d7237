"""Everything dispatch refuses, by name: stable codes for programs, zh-CN and English for people."""

from typing import Final

from linli_rulebook.decision import Refusal

ESTATE_NOT_FOUND: Final = Refusal("estate-not-found", "ORG-01", "没有这个小区。", "There is no such estate.", 404)
OTHER_REGION: Final = Refusal(
    "other-region",
    "ORG-01",
    "政策文件将此小区列在另一区域。",
    "The policy's file for this estate names another region.",
    422,
    (("region_id", "the region that the policy's file names"),),
)
FOREIGN_ID: Final = Refusal(
    "foreign-id",
    "ORG-01",
    "编号不属于这个小区。",
    "The id does not belong to this estate.",
    422,
    (("home_id", "<estate_id>.<phase>-<building>-<number>"),),
)
CHANGE_NOT_FOUND: Final = Refusal("change-not-found", "ORG-01", "没有这项变更。", "There is no such change.", 404)
CHANGE_NOT_PLANNED: Final = Refusal(
    "change-not-planned", "ORG-01", "该变更已生效或已撤回。", "The change has begun already, or was withdrawn."
)
CHANGE_NOT_SET_ASIDE: Final = Refusal(
    "change-not-set-aside",
    "ORG-01",
    "该变更未被搁置，无需重试。",
    "The change is not set aside: there is nothing to try again.",
)
CHANGE_NO_LONGER_VALID: Final = Refusal(
    "change-no-longer-valid",
    "ORG-01",
    "该变更所用的命令已不再适用。",
    "The command that was planned is not taken any more as it was written.",
    422,
)
TOO_MANY_CHANGES: Final = Refusal(
    "too-many-changes",
    "ORG-01",
    "该处待生效的变更过多。",
    "Too many changes of this place are planned; 100 are allowed.",
)
TICKET_NOT_FOUND: Final = Refusal("ticket-not-found", "DSP-19", "没有这个工单。", "There is no such ticket.", 404)
ONLY_OPEN_HAVE: Final = Refusal(
    "only-open-have",
    "DSP-19",
    "按首接责任人、经办人、状态或时限的清单只含未关闭的工单。",
    "Lists by owner, handler, status or deadline hold what is open only.",
    422,
    (("closed", "false, or left out"),),
)
WRONG_CURSOR: Final = Refusal(
    "wrong-cursor",
    "DSP-19",
    "翻页标记不属于这种排序。",
    "The cursor is none that a page in this order gave.",
    422,
    (("cursor", "`next` of the page before, with the same order"),),
)
NOT_IN_HAND: Final = Refusal(
    "not-in-hand", "DSP-19", "工单未受理、已完成或已关闭。", "The ticket is not open: ungraded, completed or closed."
)
STAFF_ONLY: Final = Refusal("staff-only", "PAR-01", "仅限员工。", "For the company's own staff only.", 403)
NO_PRICES: Final = Refusal("no-prices", "DSP-14", "没有这个区域的价格库。", "The region has no price library.", 404)
UNKNOWN_DESK: Final = Refusal(
    "unknown-desk",
    "DSP-08",
    "没有这个责任部门。",
    "Neither the policy nor the estate's roster has this desk.",
    422,
    (("desk", "a desk of the policy or of the estate's roster"),),
)
ALREADY_PASSED_ON: Final = Refusal(
    "already-passed-on", "INT-08", "已转达该部门。", "This desk already has the request in its hands."
)
ALREADY_ASSESSED: Final = Refusal(
    "already-assessed", "INT-09", "已完成初步评估并告知客户。", "The first assessment was made, and the customer told."
)
ANSWER_DATE_MISSING: Final = Refusal(
    "answer-date-missing",
    "INT-09",
    "咨询未能当场答复时须告知客户答复日期。",
    "A consultation that is not answered at once needs the date of its answer: the customer is told when.",
    422,
    (("next_report_by", "an instant from now to the latest that the policy allows"),),
)
IS_A_REPAIR: Final = Refusal(
    "is-a-repair", "DSP-10", "报修工单以维修完成结束。", "A repair is neither passed on nor resolved; it is finished."
)
NOT_A_REPAIR: Final = Refusal("not-a-repair", "DSP-10", "不是报修工单。", "The ticket is no repair.")
NO_ANSWER_OWED: Final = Refusal(
    "no-answer-owed", "DSP-02", "没有待答复的部门。", "No department has the request and owes an answer."
)
REPORT_TOO_LATE: Final = Refusal(
    "report-too-late",
    "DSP-03",
    "下次报告日期过晚或已过。",
    "The next date must lie ahead, and within the time for a report.",
    422,
    (("next_report_by", "after now, at most the policy's working days ahead"),),
)
ALREADY_WAITING: Final = Refusal(
    "already-waiting", "DSP-06", "工单已在等待客户。", "The case already waits for the customer."
)
NOT_WAITING: Final = Refusal(
    "not-waiting", "DSP-06", "工单没有在等待客户。", "The case does not wait for the customer."
)
WAIT_NOT_AHEAD: Final = Refusal(
    "wait-not-ahead",
    "DSP-06",
    "等待须有将来的日期，且不超过政策规定的最长等待时间。",
    "A wait needs a date that lies ahead, and within the longest wait of the policy.",
    422,
    (("until", "after now, at most the policy's longest wait ahead"),),
)
NO_STANDARD_ANSWER: Final = Refusal(
    "no-standard-answer",
    "DSP-02",
    "一级、二级案件不能以标准应答结案。",
    "A level 1 or 2 case is not settled by a standard answer.",
)
NO_ORDER: Final = Refusal(
    "no-order", "DSP-10", "没有施工单位的工程联系单。", "No contractor has an order for this ticket."
)
NOT_YOUR_ORDER: Final = Refusal(
    "not-your-order", "DSP-10", "工程联系单属于其他单位。", "The order belongs to somebody else.", 403
)
ALREADY_ARRIVED: Final = Refusal("already-arrived", "DSP-10", "已登记到场。", "The arrival is already recorded.")
ALREADY_VISITED: Final = Refusal(
    "already-visited", "DSP-10", "当天的到场已登记。", "The visit of this day is already recorded."
)
NO_PROPOSAL: Final = Refusal(
    "no-proposal", "DSP-14", "没有待决定的另行委托。", "No re-entrusting is proposed, or it has been decided."
)
REPLACEMENT_MISSING: Final = Refusal(
    "replacement-missing",
    "DSP-14",
    "须填写替代单位和一口价。",
    "Accepting needs the replacement and a lump-sum price.",
    422,
    (("replacement_id", "a contractor of the estate"), ("price_fen", "more than 0")),
)
REPLACEMENT_UNFIT: Final = Refusal(
    "replacement-unfit",
    "DSP-14",
    "替代单位须是本小区登记的、负责该工种及该户所在分期和楼栋的另一家单位。",
    "The replacement must be another contractor registered for the trade and the home's phase and building.",
    422,
    (("replacement_id", "another contractor of the estate with the trade, phase and building"),),
)
NOT_YOUR_OFFICE: Final = Refusal(
    "not-your-office",
    "DSP-14",
    "您不担任该审批岗位，也不是其代理人；本人不得审批自己的申请。",
    "You neither hold the office whose turn it is nor stand in for it; nobody approves their own proposal.",
    403,
)
NO_APPLICATION: Final = Refusal(
    "no-application", "DSP-04", "没有待审批的申请。", "No application of this kind is before an office."
)
STALE_APPLICATION: Final = Refusal(
    "stale-application",
    "DSP-04",
    "申请已重新提交，请按最新一次审批。",
    "The application was submitted again since; decide about the newest submission.",
    409,
    (("submission", "the newest submission"),),
)
APPLICATION_PENDING: Final = Refusal(
    "application-pending", "DSP-04", "申请正在审批中。", "An application of this kind is before an office already."
)
REASON_MISSING: Final = Refusal(
    "reason-missing",
    "DSP-04",
    "退回或否决须说明原因。",
    "Sending back and refusing need a reason.",
    422,
    (("reason", "a code, such as price_too_high"),),
)
PRICE_MISSING: Final = Refusal(
    "price-missing",
    "DSP-14",
    "超过小额标准的，成本合约部须核定价格。",
    "Beyond a small amount the cost-and-contract department names the price.",
    422,
    (("amount_fen", "the price as the department finds it"),),
)
NOT_TO_PRICE: Final = Refusal(
    "not-to-price",
    "DSP-14",
    "该岗位不核定价格。",
    "This office does not price the work.",
    422,
    (("amount_fen", "left out"),),
)
ALREADY_REFUSED: Final = Refusal(
    "already-refused", "DSP-14", "施工单位已拒绝。", "The contractor has refused the order already."
)
REPLACED: Final = Refusal("replaced", "DSP-14", "已另行委托。", "Another contractor has been entrusted.")
UNKNOWN_STAFF: Final = Refusal(
    "unknown-staff",
    "DSP-20",
    "人员不在本小区的排班中，或代理人是本人。",
    "The person or the deputy is not on the estate's roster, or both are the same.",
    422,
    (("staff_id", "somebody of the estate's roster"), ("deputy_id", "somebody else of it")),
)
ABSENCE_ENDS_FIRST: Final = Refusal(
    "absence-ends-first",
    "DSP-20",
    "离岗结束须晚于开始，且在将来。",
    "An absence ends after it begins, and in the future.",
    422,
    (("until_at", "after from_at and after now"),),
)
PLAN_UNDERWAY: Final = Refusal(
    "plan-underway",
    "DSP-04",
    "处理方案正在审批、待客户答复或在执行中。",
    "A plan is before an office, the customer or being carried out.",
)
NO_PLAN: Final = Refusal("no-plan", "DSP-04", "没有处于该步骤的处理方案。", "No plan of the case is at this step.")
NOTHING_TO_RECOVER_FROM: Final = Refusal(
    "nothing-to-recover-from",
    "WAR-24",
    "没有施工合同，无法从质保金追偿。",
    "No contractor has an order under a contract, so no deposit can pay.",
    422,
    (("recovered", "false, unless a contractor has an order under a contract"),),
)
PLAN_NOT_SIGNED: Final = Refusal(
    "plan-not-signed",
    "DSP-05",
    "处理方案尚未执行完毕并经客户确认。",
    "A plan is on its way: the customer has not signed that it was carried out.",
)
NOT_COMPLETED: Final = Refusal(
    "not-completed", "DSP-12", "工单未完工或已关闭。", "The ticket is not completed, or closed already."
)
ALREADY_SIGNED: Final = Refusal("already-signed", "DSP-12", "业主已签字验收。", "The owner has accepted and signed.")
MAIL_NOT_DUE: Final = Refusal(
    "mail-not-due",
    "DSP-12",
    "未因客户原因逾期一个月未签字，不以快递通知关闭。",
    "Mail closes a repair that is unsigned for over a month after completion, for the customer's reason.",
)
ACCOMPANIMENT_ASKED: Final = Refusal(
    "accompaniment-asked", "DSP-11", "已要求陪同。", "Company was asked for on this ground already."
)
VISIT_ACCOMPANIED: Final = Refusal(
    "visit-accompanied", "DSP-11", "已记录陪同人员。", "Who went along with this order is recorded already."
)
NOT_AN_ENGINEER: Final = Refusal(
    "not-an-engineer",
    "DSP-11",
    "陪同人员须为本小区的维修工程师。",
    "Whoever goes along is a repair engineer of the estate's roster.",
    422,
    (("engineer_id", "a repair engineer of the estate's roster"),),
)
NOT_THE_SUPERVISOR: Final = Refusal(
    "not-the-supervisor",
    "DSP-11",
    "陪同人员须为客服主管或其代理人。",
    "Whoever goes along holds the service supervisor's office, or is a deputy.",
    422,
    (("supervisor_id", "who holds the office of the service supervisor, or the deputy"),),
)
PLAN_MISSING: Final = Refusal(
    "plan-missing",
    "DSP-04",
    "此级别的案件须有客户接受的处理方案方可完成。",
    "A case of this level is completed only by a plan that the customer accepted.",
)
CRISIS_LOG_FULL: Final = Refusal(
    "crisis-log-full", "DSP-01", "危机处理记录已满。", "The log of this crisis has as many lines as one may have."
)
NO_CRISIS: Final = Refusal("no-crisis", "DSP-01", "没有进行中的危机案件。", "The case is no crisis, or no more.")
NOT_NOTIFIED: Final = Refusal(
    "not-notified", "DSP-01", "您未收到该危机通知。", "You were not told of this crisis.", 403
)
ALREADY_CONFIRMED: Final = Refusal(
    "already-confirmed", "DSP-01", "通知已确认。", "What you were told for has been confirmed already."
)
ANSWER_IN_PERSON_FIRST: Final = Refusal(
    "answer-in-person-first",
    "DSP-01",
    "群诉须先由客户服务中心经理当面答复。",
    "The head of the service centre answers a collective complaint in person first.",
)
NOT_COLLECTIVE: Final = Refusal(
    "not-collective", "DSP-01", "不是群诉，无须当面答复。", "The complaint is not a collective one."
)
ALREADY_ANSWERED_IN_PERSON: Final = Refusal(
    "already-answered-in-person", "DSP-01", "已当面答复。", "The customers have been answered in person."
)
NOT_THE_HEAD: Final = Refusal(
    "not-the-head",
    "DSP-01",
    "须由客户服务中心经理或其代理人当面答复。",
    "The head of the service centre, or who stands in, answers in person.",
    403,
)
NOT_THE_COMMANDER: Final = Refusal(
    "not-the-commander",
    "DSP-01",
    "须由指挥人或其上级决定。",
    "Whoever commands the crisis, or holds an office of its chain, decides this.",
    403,
)
COMMANDS_ALREADY: Final = Refusal(
    "commands-already", "DSP-01", "此人已是指挥人。", "This person commands the crisis already."
)
UNKNOWN_COMMANDER: Final = Refusal(
    "unknown-commander",
    "DSP-01",
    "指挥人须在本小区的排班中。",
    "The commander is somebody of the estate's roster.",
    422,
    (("person_id", "somebody of the estate's roster"),),
)
WITH_THE_GROUP: Final = Refusal(
    "with-the-group", "DSP-01", "已移交集团营销中心。", "The group centre has the case already."
)
NO_GROUP_CENTRE: Final = Refusal(
    "no-group-centre",
    "DSP-01",
    "本小区的排班中没有集团营销中心的人员。",
    "Nobody of the group centre is on the estate's roster, or all are away.",
)
WARRANTY_COVERS: Final = Refusal(
    "warranty-covers",
    "DSP-15",
    "施工单位在保修期内负责，不属于零星工程。",
    "A contractor answers for it under its warranty: no small works.",
)
WARRANTY_ASKED: Final = Refusal(
    "warranty-asked",
    "DSP-15",
    "保修责任尚待答复，暂不能申请零星工程。",
    "Whether a contractor answers for it under its warranty is not known yet: no small works before that.",
)
NOTHING_REPORTED: Final = Refusal(
    "nothing-reported",
    "DSP-13",
    "没有须上报的事项。",
    "Nothing about this case was reported.",
)
NO_DECLARER: Final = Refusal(
    "no-declarer",
    "DSP-09",
    "您在本小区没有可宣布或结束突发模式的岗位。",
    "You hold no role at this estate that may declare or end a storm.",
    403,
)
UNKNOWN_CAUSE: Final = Refusal(
    "unknown-cause",
    "DSP-09",
    "政策中没有这个原因。",
    "The policy has no such cause.",
    422,
    (("cause", "a cause of the policy's entry storm.causes"),),
)
STORM_IS_ON: Final = Refusal(
    "storm-is-on", "DSP-09", "该原因的突发模式已启动。", "A storm of this cause is on at the estate."
)
STORM_NOT_FOUND: Final = Refusal("storm-not-found", "DSP-09", "没有这个突发情况。", "There is no such storm.", 404)
STORM_IS_OVER: Final = Refusal("storm-is-over", "DSP-09", "突发模式已结束。", "The storm is over.")
STORM_ORDER_NOT_FOUND: Final = Refusal(
    "storm-order-not-found", "DSP-09", "没有这张突发工单。", "There is no such work order of a storm.", 404
)
STORM_ORDER_IS_DONE: Final = Refusal(
    "storm-order-is-done",
    "DSP-09",
    "这张突发工单没有未完成的诉求。",
    "No request of this work order is still open.",
)
