"""Why a storm is not declared or ended for a region, and why a work order is not finished (DSP-09)."""

from typing import Final

from linli_rulebook.decision import Refusal

OF_ANOTHER_REGION: Final = Refusal(
    "estate-of-another-region",
    "DSP-09",
    "该小区不属于这个区域。",
    "The estate is not one of this region.",
    422,
    (("estate_id", "an estate of the region, on whose roster you are"),),
)
REGION_UNDER_WAY: Final = Refusal(
    "region-storm-under-way",
    "DSP-09",
    "该区域正在逐个小区办理此事项。",
    "The region's estates are being gone through for this already.",
)
NOT_OF_THIS_ORDER: Final = Refusal(
    "not-of-this-order",
    "DSP-09",
    "所列诉求不都属于这张突发工单。",
    "Not all of these requests are of the work order.",
    422,
    (("without", "requests of the work order"),),
)
