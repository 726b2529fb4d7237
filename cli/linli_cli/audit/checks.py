"""What `linli audit` checks in the databases, as one table: a name, what is wrong if it finds something, its query.

A check is a query of `checks.sql` with the same name that answers with violations. Those of EACH_SERVICE are asked in
every schema, those of THE_HOUSE once, across schemas. To add one: a query, a row, and a violation of it in
`tests/system/plants.sql`, which a test demands.
"""

from typing import Final

from linli_cli.audit import lifecycle
from linli_cli.audit.check import Check
from linli_cli.client.rest import producers_of
from linli_cli.language import Words


def _readers() -> tuple[list[str], list[str]]:
    pairs = [(consumer, producer) for consumer, producers in producers_of().items() for producer in producers]
    return [consumer for consumer, _ in pairs], [producer for _, producer in pairs]


EACH_SERVICE: Final = (
    Check("lanes_with_holes", Words("通道编号有缺口", "numbers are missing in a lane")),
    Check("heads_that_differ", Words("通道的末号与事实不符", "a lane's head is not its last fact's number")),
    Check("published_beyond_the_head", Words("已发布多于已有", "more was published than there is")),
    Check("unpublished", Words("静止时仍有未发布的事实", "facts are not published at rest"), at_rest=True),
    Check("facts_told_twice", Words("同一原因的事实出现两次", "a fact was told twice for one cause")),
    Check("figures_that_differ", Words("统计数与存量不符", "figures are not what is stored comes to")),
    Check("keys_in_two_lanes", Words("一个键分在多条通道", "a key's facts lie in several lanes")),
    Check("segments_that_differ", Words("存档内容被改动", "a segment of the archive is not what was archived")),
    Check("suspended", Words("数据库恢复后尚未续写", "its database was restored, and it writes nothing")),
    Check("parked", Words("有搁置的消息", "something is parked")),
    Check("open_gaps", Words("缺号未补上", "missing numbers have not come"), at_rest=True),
    Check("open_asks", Words("重发请求未完成", "what was asked for was not sent again"), at_rest=True),
    Check("unapplied", Words("等齐的事实未处理", "early facts have what they need, and are not applied"), at_rest=True),
    Check(
        "effects_under_way",
        Words("静止时仍有外发事项在途", "an outside effect is due or being sent, or its end is not told, at rest"),
        at_rest=True,
    ),
    Check("timers_that_did_not_fire", Words("到期时钟未触发", "a clock ran out and nothing happened"), at_rest=True),
)

THE_HOUSE: Final = (
    Check("deployments_that_differ", Words("各服务不属于同一部署", "schemas belong to different deployments")),
    Check("inboxes_beyond_the_head", Words("已处理多于已发出", "more was processed than was told")),
    Check(
        "inboxes_behind",
        Words("静止时仍有未处理的事实", "facts are not processed at rest"),
        at_rest=True,
        parameters=_readers,
    ),
    Check("causes_nobody_told", Words("原因事实不存在", "something was caused by a fact that nobody told (OPS-01)")),
    Check("requests_that_differ", Words("请求未恰好发布一次", "a request was not told exactly once")),
    Check("gradings_that_differ", Words("请求的级别与通告不符", "a request's level is not what was told (INT-06)")),
    Check(
        "customers_that_differ",
        Words("与请求的客户不同", "something of a case is in another customer's name than its request"),
    ),
    Check("complaints_without_ticket", Words("投诉没有工单", "a complaint has no ticket")),
    Check("tickets_without_complaint", Words("工单没有对应的投诉", "a ticket has no complaint")),
    Check("tickets_not_opened", Words("已定级的投诉未开单", "a graded complaint's ticket was not opened")),
    Check(
        "steps_out_of_place",
        Words("工单经过了不合法的一步", "a case took a step that cannot be"),
        parameters=lifecycle.step_columns,
    ),
    Check(
        "endings_that_differ",
        Words("工单状态与其经过不符", "a ticket's status is not where its facts lead"),
        parameters=lifecycle.ending_columns,
    ),
    Check(
        "endings_without_ground",
        Words("结案或重开没有对应的依据", "a case was closed or reopened on grounds that nobody told (FUP-01)"),
    ),
    Check("rounds_that_differ", Words("工单轮次与重开次数不符", "a fact names another round than the reopenings say")),
    Check("tickets_without_owner", Words("工单没有负责人", "a ticket has no owner (DSP-19)")),
    Check("owners_that_differ", Words("工单负责人与通告不符", "a ticket's owner is not who was told (INT-04)")),
    Check("commanders_that_differ", Words("危机指挥人与通告不符", "a crisis' commander is not who was told (DSP-01)")),
    Check("notices_that_differ", Words("待读通知与通告不符", "an unread notice is not what was told (DSP-20)")),
    Check("tickets_without_clock", Words("工单没有时钟也没有约定日期", "a ticket has no clock and no date (DSP-19)")),
    Check("crises_that_differ", Words("危机案件与级别或通告不符", "a crisis is not what level and facts say (DSP-01)")),
    Check("imports_in_part", Words("导入只生效了一部分", "an import holds in part (ORG-01)")),
    Check("phases_that_differ", Words("各期户数有误", "a phase counts its homes wrongly (DSP-13)")),
    Check("misses_that_differ", Words("逾期未恰好记一次", "a missed deadline was not noted and told once")),
    Check("workloads_that_differ", Words("在手工单数有误", "somebody's tickets in hand are counted wrongly")),
    Check("lists_that_differ", Words("工单清单与工单不符", "the lists of tickets do not show tickets as they are")),
    Check(
        "standings_that_differ",
        Words("请求与工单的状态不符", "a request stands elsewhere than its ticket"),
        at_rest=True,
    ),
    Check(
        "messages_without_intent", Words("请求的消息没有登记", "a message was asked for, and nobody means to send it")
    ),
    Check(
        "message_ends_that_differ",
        Words("消息结果未恰好通告一次", "a message's end was not told exactly once, or out of nothing"),
    ),
    Check("questions_without_one_answer", Words("保修问询未恰好答复一次", "a coverage question has not one answer")),
    Check("callbacks_without_completion", Words("回访没有对应的完工", "a callback belongs to no finished work")),
    Check("completions_without_callback", Words("完工没有回访", "finished work has no callback")),
    Check("callbacks_that_differ", Words("回访与通告不符", "a callback is not what was told of it, once")),
    Check("deposits_not_zero", Words("质保金账户之和不为零", "a deposit's accounts do not sum to zero")),
    Check("deposits_that_differ", Words("质保金余额与流水不符", "a deposit's balance is not its movements' sum")),
    Check("movements_with_holes", Words("质保金流水编号有缺口", "a contract's movements are not numbered in a row")),
    Check("movement_causes_twice", Words("同一原因两次动账", "one cause moved money twice")),
    Check("movements_without_cause", Words("动账没有原因", "money moved without a cause")),
    Check("deductions_that_differ", Words("扣款与流水或费用不符", "a deduction is not what was taken, or cost")),
    Check(
        "costs_without_deduction",
        Words("转修费用或已付赔偿未扣款", "a re-entrusted repair, or paid compensation, was not deducted"),
    ),
    Check("agreements_without_claim", Words("和解协议与应付赔偿不符", "a settlement is not what is owed for it")),
    Check("claims_that_differ", Words("赔偿与流水或扣款不符", "a compensation is not what its movements say")),
    Check("compensation_paid_twice", Words("赔偿未恰好支付一次", "a compensation was not paid and told exactly once")),
    Check("told_money_that_differs", Words("动账与通告不符", "money was told otherwise than it moved (WAR-03)")),
    Check("open_orders_that_differ", Words("未完维修单数有误", "a contract's open orders are counted wrongly")),
    Check("payments_that_differ", Words("付款与流水不符", "a payment did not move its money exactly once")),
    Check("points_that_differ", Words("积分与流水不符", "a member's points are not the entries' sum")),
    Check("points_with_holes", Words("积分流水编号有缺口", "a member's entries are not numbered in a row")),
    Check("points_balances_wrong", Words("积分流水余额有误", "an entry's balance is wrong")),
    Check("lots_that_differ", Words("积分批次与流水不符", "what is left of a lot is not what the entries say")),
    Check("points_causes_twice", Words("同一原因两次动积分", "one cause moved points twice")),
    Check("points_without_cause", Words("积分没有原因", "points moved without a cause")),
    Check(
        "points_out_of_time",
        Words("积分未到期即失效，或过期后使用", "points expired too early, or were spent too late"),
    ),
    Check(
        "points_not_expired", Words("积分到期未失效", "points are kept beyond their last day (LOY-03)"), at_rest=True
    ),
    Check(
        "told_points_that_differ", Words("积分与通告不符", "points were told otherwise than they were booked (LOY-03)")
    ),
    Check("members_that_differ", Words("会员与入会通告不符", "a member is not who was told to have joined (LOY-01)")),
    Check("marks_without_points", Words("原因已记而积分未动", "a cause is marked and moved no points")),
)
