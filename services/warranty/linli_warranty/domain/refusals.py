"""Every named refusal of warranty, with its texts. To a foreign contractor nothing seems to be there (WAR-07)."""

from collections.abc import Iterable

from linli_rulebook.decision import Refusal


def deposit_not_found(contract_id: str) -> Refusal:
    """No deposit of this contract, or not the contractor's own."""
    return Refusal(
        code="deposit-not-found",
        rule="WAR-07",
        status=404,
        zh=f"没有合同 {contract_id} 的质保金台账",
        en=f"there is no deposit account of contract {contract_id}",
    )


def deposit_exists(contract_id: str) -> Refusal:
    """A contract has one account, opened once."""
    return Refusal(
        code="deposit-exists",
        rule="WAR-01",
        zh=f"合同 {contract_id} 的质保金台账已建立",
        en=f"the deposit account of contract {contract_id} is already open",
    )


def estates_unknown(estate_ids: Iterable[str]) -> Refusal:
    """Warranty has not heard of these estates (yet)."""
    names = ", ".join(estate_ids)
    return Refusal(
        code="estate-unknown",
        rule="WAR-01",
        status=404,
        zh=f"小区尚未登记：{names}",
        en=f"not registered: {names}",
        fields=(("estate_ids", "estates that are registered"),),
    )


def home_elsewhere(home_id: str, estate_id: str) -> Refusal:
    """A home was named together with another estate than its own."""
    return Refusal(
        code="home-elsewhere",
        rule="WAR-02",
        status=422,
        zh=f"房屋 {home_id} 不属于小区 {estate_id}",
        en=f"home {home_id} is not in estate {estate_id}",
        fields=(("home_id", "a home of the estate"),),
    )


def below_minimum(trade: str, months: int, minimum: str) -> Refusal:
    """A contract may not agree on less than the law."""
    return Refusal(
        code="below-legal-minimum",
        rule="WAR-02",
        status=422,
        zh=f"{trade} 的保修期 {months} 个月低于法定最低期限（{minimum}）",
        en=f"a warranty of {months} months for {trade} is below the legal minimum of {minimum}",
        fields=((f"periods_months.{trade}", f"at least {minimum}"),),
    )


def period_without_trade(trade: str) -> Refusal:
    """A period was agreed for a trade that the contract does not cover."""
    return Refusal(
        code="period-without-trade",
        rule="WAR-02",
        status=422,
        zh=f"合同不含 {trade}，却约定了其保修期",
        en=f"a period is given for {trade}, which the contract does not cover",
        fields=((f"periods_months.{trade}", "only trades of the contract"),),
    )


def accepted_in_future(accepted_on: str, today: str) -> Refusal:
    """A warranty cannot start on a date to come."""
    return Refusal(
        code="accepted-in-future",
        rule="WAR-01",
        status=422,
        zh=f"竣工验收日期 {accepted_on} 晚于今天 {today}",
        en=f"the completion was accepted on {accepted_on}, which is after today, {today}",
        fields=(("completion_accepted_on", f"at the latest {today}"),),
    )


def date_outside_calendars(field: str, on: str, earliest: str, latest: str) -> Refusal:
    """No working day is known then, so nothing could fall due."""
    return Refusal(
        code="date-outside-calendars",
        rule="WAR-11",
        status=422,
        zh=f"日期 {on} 超出日历范围（{earliest} 至 {latest}）",
        en=f"{on} is outside the calendars, which run from {earliest} to {latest}",
        fields=((field, f"{earliest} … {latest}"),),
    )


def estate_full(estate_id: str, limit: int) -> Refusal:
    """Every question of coverage reads all contracts of an estate, so there is a bound to them."""
    return Refusal(
        code="estate-full",
        rule="WAR-01",
        zh=f"小区 {estate_id} 最多登记 {limit} 份合同",
        en=f"estate {estate_id} holds {limit} contracts, which is the most",
        fields=(("estate_ids", f"estates with fewer than {limit} contracts"),),
    )


def too_many_documents(limit: int) -> Refusal:
    """An account keeps kinds of documents, not the documents."""
    return Refusal(
        code="too-many-documents",
        rule="WAR-12",
        zh=f"一份合同最多登记 {limit} 种资料",
        en=f"at most {limit} kinds of documents are kept of a contract",
        fields=(("document", "a kind that is there already"),),
    )


def deduction_not_found(deduction_id: str) -> Refusal:
    """No such deduction, or not the contractor's own."""
    return Refusal(
        code="deduction-not-found",
        rule="WAR-04",
        status=404,
        zh=f"没有扣款 {deduction_id}",
        en=f"there is no deduction {deduction_id}",
    )


def deduction_settled(deduction_id: str, status: str, wanted: str) -> Refusal:
    """The deduction is in another state than the step needs."""
    return Refusal(
        code="deduction-not-" + wanted,
        rule="WAR-04",
        zh=f"扣款 {deduction_id} 的状态是 {status}，不是 {wanted}",
        en=f"deduction {deduction_id} is {status}, not {wanted}",
    )


def not_for_contractors() -> Refusal:
    """The group decides and books; a contractor may not."""
    return Refusal(
        code="not-for-contractors",
        rule="WAR-07",
        status=403,
        zh="施工单位无权进行此操作",
        en="a contractor may not do this",
    )


def unknown_instalment(number: int) -> Refusal:
    """There are two instalments."""
    return Refusal(
        code="unknown-instalment",
        rule="WAR-11",
        status=422,
        zh=f"没有第 {number} 期付款",
        en=f"there is no instalment {number}",
        fields=(("instalment", "1 or 2"),),
    )


def instalment_standing(release_id: str, status: str) -> Refusal:
    """The instalment is approved or paid already, so it cannot be asked for again."""
    zh = "已付款" if status == "paid" else "已核准，待付款"
    return Refusal(
        code=f"release-already-{status}",
        rule="WAR-12",
        zh=f"该期质保金{zh}（{release_id}）",
        en=f"this instalment is already {status} ({release_id})",
    )


def release_not_found(release_id: str) -> Refusal:
    """No such release."""
    return Refusal(
        code="release-not-found",
        rule="WAR-12",
        status=404,
        zh=f"没有付款申请 {release_id}",
        en=f"there is no release {release_id}",
    )


def release_not_approved(release_id: str) -> Refusal:
    """A blocked release is never paid; it is asked for again once its gates hold."""
    return Refusal(
        code="release-blocked",
        rule="WAR-12",
        zh=f"付款申请 {release_id} 未通过，条件满足后须重新申请",
        en=f"release {release_id} is blocked; ask again once its gates hold",
    )


def claim_not_found(claim_id: str) -> Refusal:
    """No compensation was agreed under this id."""
    return Refusal(
        code="claim-not-found",
        rule="WAR-23",
        status=404,
        zh=f"没有赔偿 {claim_id}",
        en=f"there is no compensation {claim_id}",
    )


def form_missing(claim_id: str) -> Refusal:
    """Finance approves nothing before the complaint form is complete."""
    return Refusal(
        code="complaint-form-missing",
        rule="WAR-23",
        zh=f"赔偿 {claim_id} 的投诉处理表尚未填写完整",
        en=f"the complaint form of compensation {claim_id} is not complete",
    )


def payment_not_approved(claim_id: str) -> Refusal:
    """Nothing is paid before finance approved it."""
    return Refusal(
        code="payment-not-approved",
        rule="WAR-23",
        zh=f"赔偿 {claim_id} 的付款尚未审批",
        en=f"the payment of compensation {claim_id} is not approved",
    )


def approved_it_yourself(claim_id: str) -> Refusal:
    """Two people stand for every payment to a customer."""
    return Refusal(
        code="approved-it-yourself",
        rule="WAR-23",
        zh=f"赔偿 {claim_id} 的付款由您审批，须由他人支付",
        en=f"you approved the payment of compensation {claim_id}; somebody else pays it",
        status=403,
    )


def claim_settled(claim_id: str, status: str) -> Refusal:
    """The step was taken already: nothing is approved or paid twice."""
    zh = "已付款" if status == "paid" else "已审批付款"
    return Refusal(
        code=f"compensation-already-{status}",
        rule="WAR-23",
        zh=f"赔偿 {claim_id} {zh}",
        en=f"compensation {claim_id} is already {status}",
    )
