"""What dispatch refuses about special services and the steps of blueprints, by name (DSP-16 to DSP-18)."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from linli_rulebook.decision import Refusal

NO_BLUEPRINT: Final = Refusal(
    "no-blueprint", "DSP-17", "此工单没有按步骤办理的服务蓝图。", "The case follows no blueprint with steps of its own."
)
UNKNOWN_STEP: Final = Refusal(
    "unknown-step",
    "DSP-17",
    "服务蓝图中没有这个步骤。",
    "The case's blueprint has no such step.",
    422,
    (("step", "a step of the case's blueprint that has a standard of its own"),),
)
STEP_NOT_OPEN: Final = Refusal("step-not-open", "DSP-17", "此步骤未开始或已结束。", "The step is not open.")
ALREADY_OPEN: Final = Refusal("step-already-open", "DSP-17", "此步骤正在办理。", "The step is open already.")
STEP_TOO_EARLY: Final = Refusal(
    "step-too-early", "DSP-17", "须先完成前面的步骤。", "The steps before it were not done yet."
)
NOT_ON_REQUEST: Final = Refusal(
    "not-on-request", "DSP-17", "此步骤不能单独申请。", "This step begins by itself, not on request."
)
STEP_HAS_OWN_COMMAND: Final = Refusal(
    "step-has-own-command",
    "DSP-16",
    "此步骤由报价或客户答复完成。",
    "A quotation, or the answer to it, ends this step.",
)
NOT_YOUR_STEP: Final = Refusal(
    "not-your-step", "DSP-17", "此步骤由其他岗位办理。", "Another office does this step, or its deputy.", 403
)
DOCUMENTS_MISSING: Final = Refusal(
    "documents-missing", "DSP-17", "缺少资料。", "Documents are missing.", 422, (("documents", ""),)
)
CHECKS_MISSING: Final = Refusal(
    "checks-missing", "DSP-17", "有检查项未确认。", "Checks were not made.", 422, (("checks", ""),)
)
UNKNOWN_FAILURE: Final = Refusal(
    "unknown-failure", "DSP-17", "不是此步骤的失败点。", "This is no failure point of the step.", 422, (("reason", ""),)
)
STEPS_OPEN: Final = Refusal(
    "steps-open", "DSP-17", "服务蓝图的步骤尚未完成。", "Steps of the case's blueprint are not done."
)
PERFORMER_MISSING: Final = Refusal(
    "performer-missing",
    "DSP-16",
    "须指定执行人。",
    "Name who carries it out.",
    422,
    (("performer_id", "a person of the estate's roster, or a contractor of the estate"),),
)
UNKNOWN_PERFORMER: Final = Refusal(
    "unknown-performer",
    "DSP-16",
    "执行人不在本小区名册中。",
    "Nobody of that id is on the estate's roster or among its contractors.",
    422,
    (("performer_id", "a person of the estate's roster, or a contractor of the estate"),),
)
PERFORMER_AWAY: Final = Refusal(
    "performer-away",
    "DSP-20",
    "执行人现不在岗，请指定其代理人或其他人。",
    "That person is away now; name their deputy, or somebody else.",
    409,
    (("performer_id", "a person of the estate's roster who is there, or a contractor of the estate"),),
)
NO_QUOTATION_STEP: Final = Refusal(
    "no-quotation", "DSP-16", "此类事项没有报价。", "There is no quotation in this kind of matter."
)
NOT_OFFERED: Final = Refusal(
    "not-offered",
    "DSP-16",
    "本小区服务目录中没有这一项。",
    "The estate's catalogue does not have this service.",
    422,
    (("item", "a service of the estate's catalogue"),),
)
OFFER_NOT_AHEAD: Final = Refusal(
    "offer-not-ahead",
    "DSP-16",
    "目录变更只能在将来生效。",
    "A change of the catalogue takes effect now or later, not in the past.",
    422,
    (("from_at", "now or later"),),
)
OFFERED_TWICE: Final = Refusal(
    "offered-twice",
    "DSP-16",
    "同一项服务在同一时刻出现两次。",
    "One service is there twice for the same instant.",
    422,
    (("services", "each item once for an instant"),),
)
CATALOGUE_FULL: Final = Refusal(
    "catalogue-full",
    "DSP-16",
    "本小区服务目录的项目或变更过多。",
    "The estate's catalogue would have too many services, or changes of one.",
    422,
    (("services", ""),),
)
QUOTED_TOO_MUCH: Final = Refusal(
    "quoted-too-much",
    "DSP-16",
    "报价超出一单的上限。",
    "The quotation is more than one order may cost.",
    422,
    (("quantity", ""),),
)
NO_CATALOGUE: Final = Refusal(
    "no-catalogue", "DSP-16", "本小区没有服务目录。", "The estate has no catalogue of services.", 404
)


def naming(refusal: Refusal, field: str, allowed: Iterable[str]) -> Refusal:
    """The refusal with what it is about: the documents that are missing, the reasons that there are."""
    return replace(refusal, fields=((field, ", ".join(allowed)),))
