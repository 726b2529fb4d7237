"""What each fact is called in front of people, zh and en; a test holds the list complete."""

from typing import Final

from linli_cli.language import Words

FACTS: Final = {
    "ComplaintReceived": Words("受理", "request received"),
    "ComplaintGraded": Words("定级", "graded"),
    "ComplaintsLinked": Words("并案", "linked as one issue"),
    "ComplaintUnlinked": Words("拆案", "taken out of the issue"),
    "ComplaintAmended": Words("内容更正", "facts amended"),
    "ComplaintWithdrawn": Words("客户撤回", "withdrawn by the customer"),
    "EstateRegistered": Words("小区登记", "estate registered"),
    "HomeRegistered": Words("房屋登记", "home registered"),
    "StaffRostered": Words("人员排班", "staff rostered"),
    "AbsenceRecorded": Words("人员离岗", "staff absent"),
    "ContractorRegistered": Words("施工单位登记", "contractor registered"),
    "TicketOpened": Words("建单", "ticket opened"),
    "TicketAssigned": Words("派单", "assigned"),
    "TicketPassedOn": Words("转达责任部门", "passed on to the desk"),
    "DepartmentAnswered": Words("部门答复", "department answered"),
    "CustomerReported": Words("回复客户", "reported to the customer"),
    "TicketEscalated": Words("升级督办", "escalated one step"),
    "TicketLevelRaised": Words("提高级别", "level raised"),
    "DeadlineMissed": Words("超时", "deadline missed"),
    "TicketWaiting": Words("等待客户", "waiting for the customer"),
    "TicketResumed": Words("恢复处理", "resumed"),
    "CoverageAsked": Words("询问保修责任", "warranty asked"),
    "ContractorNotified": Words("发出工程联系单", "contractor notified"),
    "ContractorArrived": Words("施工单位到场", "contractor arrived"),
    "ReentrustingProposed": Words("提议另行委托", "re-entrusting proposed"),
    "RepairReentrusted": Words("另行委托", "repair re-entrusted"),
    "OrderRefused": Words("施工单位拒绝", "the contractor refuses"),
    "OrderDelayed": Words("施工单位报告延期", "the contractor reports a delay"),
    "ApprovalAsked": Words("送审", "approval asked"),
    "ApprovalDecided": Words("审批意见", "an office decided"),
    "PlanProposed": Words("提出处理方案", "plan proposed"),
    "PlanApproved": Words("处理方案获批", "plan approved"),
    "PlanAccepted": Words("客户接受方案", "plan accepted"),
    "PlanRejected": Words("客户不接受方案", "plan rejected"),
    "PlanExecuted": Words("方案执行", "plan carried out"),
    "CompensationAgreed": Words("签订和解协议", "compensation agreed"),
    "WorkPriced": Words("价格库更新", "work priced"),
    "RepairDone": Words("维修完成", "repair done"),
    "TicketResolved": Words("处理完成", "resolved"),
    "TicketReopened": Words("重新打开", "reopened"),
    "TicketClosed": Words("关闭", "closed"),
    "CallbackDue": Words("安排回访", "callback due"),
    "CallbackCompleted": Words("回访完成", "callback completed"),
    "CustomerUnreachable": Words("无法联系客户", "customer unreachable"),
    "ClosingCallbacksCompleted": Words("到期回访统计", "closing callbacks counted"),
    "CoverageAnswered": Words("保修责任答复", "warranty answered"),
    "DepositOpened": Words("质保金建账", "deposit opened"),
    "WarrantyExpiring": Words("保修即将到期", "warranty expiring"),
    "DepositDeducted": Words("质保金扣款（待确认）", "deducted, unconfirmed"),
    "DeductionConfirmed": Words("扣款已确认", "deduction confirmed"),
    "DeductionDisputed": Words("扣款有争议", "deduction disputed"),
    "DeductionReversed": Words("扣款冲正", "deduction reversed"),
    "ReleaseRequested": Words("申请返还", "release asked for"),
    "ReleaseBlocked": Words("返还受阻", "release blocked"),
    "DepositReleased": Words("质保金返还", "deposit released"),
    "MemberJoined": Words("入会", "member joined"),
    "PointsEarned": Words("获得积分", "points earned"),
    "PointsSpent": Words("使用积分", "points spent"),
    "PointsExpired": Words("积分过期", "points expired"),
}


def fact_label(what: str) -> str:
    """The name of a fact for people; whatever has none is shown as it is."""
    label = FACTS.get(what)
    return f"{label}" if label else what
