"""The JSON that crosses the engine's border, as types. Made by `make_types.py` from the engine's schemas."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypedDict, Union

if TYPE_CHECKING:
    from typing_extensions import NotRequired


class ComponentJson(TypedDict):
    """One component of money: basis x rate = exact, rounded, cut by caps, granted."""

    basis: NotRequired[str]
    """What it was computed on; absent for fixed and scripted amounts, and in refunds."""
    cuts: list[CutJson]
    """What caps took, in order."""
    exact: str
    """Before rounding."""
    granted: str
    """What is paid."""
    id: str
    """Id of the base rule, tier or campaign."""
    kind: Literal["base", "loyalty", "campaign"]
    """Its stage."""
    rate: NotRequired[str]
    """As a fraction; of a multiplier m: m - 1."""
    rounded: str
    """After rounding."""


class CutJson(TypedDict):
    """What one cap took from one component."""

    cap: str
    """Name of the cap."""
    cut: str
    """What it took."""
    left: str
    """What was left of it."""


class EvaluationErrorJson(TypedDict):
    """Why a transaction was not evaluated: nothing is granted, no id is claimed."""

    code: Literal[
        "missing_fact",
        "missing_offset",
        "unknown_tier",
        "unknown_fact",
        "wrong_type",
        "currency_mismatch",
        "amount_negative",
        "amount_precision",
        "amount_too_large",
        "lines_exceed_amount",
        "division_by_zero",
        "overflow",
        "script_limit",
        "script_error",
        "refund_exceeds_purchase",
        "refund_unknown_purchase",
        "refund_wrong_member",
        "refund_lines_mismatch",
        "id_conflict",
        "invalid_id",
        "invalid_syntax",
        "out_of_order",
        "member_inactive",
        "insufficient_points",
        "unknown_option",
        "below_min_points",
        "wrong_step",
        "tier_ineligible",
        "redemption_cap_exceeded",
        "redemption_state",
        "same_member",
        "opening_too_late",
        "invalid_record",
    ]
    """The stable code."""
    message: str
    """Words for a person."""
    place: Union[PlaceJson, None]
    """Where the expression stands that failed."""
    rule: Union[str, None]
    """Id of the rule whose expression failed."""


class FindingJson(TypedDict):
    """Something found in the rule files."""

    code: str
    """The stable code: `R0101`. Its page is in docs/findings.md."""
    help: Union[str, None]
    """What to do about it."""
    message: str
    """What is wrong."""
    place: Union[PlaceJson, None]
    """Where it stands; nothing where no file is to blame."""
    severity: Literal["error", "warning"]
    """Whether the rules can be used as they are."""
    source_line: Union[str, None]
    """The first line it is about, as written, cut after 400 characters."""


class InputErrorJson(TypedDict):
    """What is wrong with an input."""

    code: Literal[
        "missing_fact",
        "missing_offset",
        "unknown_tier",
        "unknown_fact",
        "wrong_type",
        "currency_mismatch",
        "amount_negative",
        "amount_precision",
        "amount_too_large",
        "lines_exceed_amount",
        "division_by_zero",
        "overflow",
        "script_limit",
        "script_error",
        "refund_exceeds_purchase",
        "refund_unknown_purchase",
        "refund_wrong_member",
        "refund_lines_mismatch",
        "id_conflict",
        "invalid_id",
        "invalid_syntax",
        "out_of_order",
        "member_inactive",
        "insufficient_points",
        "unknown_option",
        "below_min_points",
        "wrong_step",
        "tier_ineligible",
        "redemption_cap_exceeded",
        "redemption_state",
        "same_member",
        "opening_too_late",
        "invalid_record",
    ]
    """The stable code."""
    message: str
    """What is wrong, and what would be right."""
    path: str
    """Where in the input: `items[2].amount`; empty for the whole."""


class LineJson(TypedDict):
    """A line of a purchase."""

    amount: Union[str, int]
    """The line's total, not the price of one."""
    category: NotRequired[Union[str, None]]
    """Category of the line."""
    quantity: NotRequired[Union[Union[str, int], None]]
    """How many."""
    sku: NotRequired[Union[str, None]]
    """The article."""


class MemberJson(TypedDict):
    """What is known of a member. Facts that the program declares under `facts.member` stand beside these keys."""

    billing_day: NotRequired[Union[Union[int, str], None]]
    """Day of the month on which a billing cycle begins."""
    birthday: NotRequired[Union[str, None]]
    """The birthday."""
    country: NotRequired[Union[str, None]]
    """The country."""
    enrolments: NotRequired[Union[list[str], None]]
    """Ids of the campaigns that the member enrolled in."""
    id: str
    """Who it is. Only tests and the command for one purchase assume one."""
    joined_on: NotRequired[Union[str, None]]
    """When the member joined."""
    purchases: NotRequired[Union[Union[int, str], None]]
    """How many purchases came before. Without it: 0."""
    segments: NotRequired[Union[list[str], None]]
    """The segments that the member is in."""
    spending: NotRequired[Union[Union[str, int], None]]
    """What they came to within the tier window. Without it: 0."""
    status: NotRequired[Union[Literal["active", "blocked", "closed"], None]]
    """Whether the member takes part. Without it: active."""
    tier: NotRequired[Union[str, None]]
    """The level held before the purchase. Without it: the lowest."""
    upgrades: NotRequired[Union[dict[str, str], None]]
    """For each level the local date of its last upgrade bonus."""


class OutcomeJson(TypedDict):
    """What a transaction brought, and why."""

    amount: str
    """The transaction's amount."""
    components: list[ComponentJson]
    """Money, in order: base slices, loyalty, campaigns."""
    currency: str
    """ISO 4217 code of all money in it."""
    eligible_amount: str
    """What of it counts."""
    kind: Literal["purchase", "refund"]
    """A purchase, or a refund, whose numbers are negative."""
    occurred_at: str
    """When the transaction happened, in UTC."""
    original: NotRequired[str]
    """Of a refund: the purchase."""
    points: list[PointsComponentJson]
    """Points above zero: earn, campaigns, upgrade."""
    program: str
    """Id of the program."""
    progress: NotRequired[ProgressJson]
    """Where the member stands after this transaction; absent in a program without tiers."""
    reason: NotRequired[Literal[
        "outside_window",
        "wrong_day",
        "wrong_hour",
        "below_minimum",
        "wrong_tier",
        "not_in_segment",
        "outside_share",
        "not_enrolled",
        "uses_exhausted",
        "condition_false",
        "absent_fact",
        "limit_used",
        "cap_used",
        "group_lost",
        "excluded_by_exclusive",
        "exclusive_came_late",
        "cut_to_zero",
        "negative_amount",
        "amount_taken",
        "zero_amount",
        "not_eligible",
        "member_inactive",
    ]]
    """Why all of it is zero."""
    rejected: NotRequired[list[RejectionJson]]
    """Only where it was explained: every rule that did not grant, and why."""
    rule_set: str
    """Content hash of the rule set: `sha256:` and 64 digits."""
    tier: NotRequired[str]
    """The transaction's tier; absent in a program without tiers."""
    totals: TotalsJson
    """Sums of what was granted."""
    transaction_id: str
    """Id of the transaction."""
    usage: list[UsageDeltaJson]
    """Every counter that changed, by key."""


class PlaceJson(TypedDict):
    """A place in a file: lines and columns from 1, columns in characters."""

    column: int
    """Column of the first character."""
    end_column: int
    """One past the column of the last character."""
    end_line: int
    """Line of the end."""
    file: str
    """Path of the file."""
    line: int
    """Line of the first character."""


class PointsComponentJson(TypedDict):
    """Points granted above zero; one lot each."""

    cuts: list[CutJson]
    """What caps took, in order."""
    exact: str
    """Before rounding; cut after 12 decimals where it does not end."""
    expires_on: NotRequired[str]
    """Last local day on which it can be spent; absent if it never expires."""
    granted: str
    """What is credited."""
    id: str
    """`earn`, the campaign's id, or `upgrade`."""
    kind: Literal["earn", "points_campaign", "upgrade"]
    """Its source."""
    spendable_on: NotRequired[str]
    """First local day on which it can be spent; absent in refunds."""


class ProgressJson(TypedDict):
    """Where a member stands."""

    missing: NotRequired[str]
    """What is missing to it."""
    next: NotRequired[str]
    """The level above it."""
    spending: str
    """Spending in it after this transaction."""
    tier: str
    """Level held after this transaction."""
    window: str
    """Key of the tier window: `2026`, `2026-03` or `lifetime`."""


class RedemptionJson(TypedDict):
    """A wish to spend points."""

    at: str
    """When, with its offset."""
    id: str
    """Its id."""
    option: str
    """Id of a redemption option."""
    points: Union[str, int]
    """How many points."""


class RefundJson(TypedDict):
    """A return of a purchase, whole or in part."""

    amount: Union[str, int]
    """How much is returned, above 0."""
    id: str
    """Its id; refunds and purchases share one set of ids."""
    lines: NotRequired[Union[list[LineJson], None]]
    """Which lines came back."""
    member: NotRequired[Union[str, None]]
    """The member; has to be the purchase's."""
    occurred_at: str
    """When it happened, with its offset."""
    original: str
    """Id of the purchase."""


class RejectionJson(TypedDict):
    """Why a rule did not grant."""

    clause: str
    """The clause that failed, as written."""
    id: str
    """Id of the rule."""
    kind: Literal["base", "loyalty", "campaign", "earn", "points_campaign"]
    """What kind of rule it is."""
    reason: Literal[
        "outside_window",
        "wrong_day",
        "wrong_hour",
        "below_minimum",
        "wrong_tier",
        "not_in_segment",
        "outside_share",
        "not_enrolled",
        "uses_exhausted",
        "condition_false",
        "absent_fact",
        "limit_used",
        "cap_used",
        "group_lost",
        "excluded_by_exclusive",
        "exclusive_came_late",
        "cut_to_zero",
        "negative_amount",
        "amount_taken",
        "zero_amount",
        "not_eligible",
        "member_inactive",
    ]
    """The stable reason."""
    value: str
    """What it met."""


class TotalsJson(TypedDict):
    """Sums of what was granted."""

    base: str
    """Base components."""
    campaign: str
    """Campaigns."""
    loyalty: str
    """Loyalty."""
    points: str
    """All points, upgrade bonus included."""
    total: str
    """All money."""


class TransactionJson(TypedDict):
    """A purchase. Facts that the program declares under `facts.tx` stand beside these keys."""

    amount: Union[str, int]
    """What was paid, at least 0."""
    category: NotRequired[Union[str, None]]
    """Category of the purchase."""
    channel: NotRequired[Union[str, None]]
    """The channel."""
    country: NotRequired[Union[str, None]]
    """The country."""
    currency: str
    """ISO 4217 code; has to be the program's."""
    id: str
    """Its id; the same id is not taken twice."""
    items: NotRequired[Union[list[LineJson], None]]
    """The lines of the purchase."""
    mcc: NotRequired[Union[str, None]]
    """Merchant category code, in quotes."""
    merchant: NotRequired[Union[str, None]]
    """The merchant."""
    occurred_at: str
    """When it happened, with its offset."""
    payment_method: NotRequired[Union[str, None]]
    """The means of payment."""


class UsageDeltaJson(TypedDict):
    """The change of one counter."""

    delta: str
    """The change: money, points, or a number of times."""
    key: str
    """Key of the counter."""
    period: str
    """Key of the period."""


class CapUseJson(TypedDict):
    """How often a cap cut, and how much."""

    cap: str
    """Name of the cap."""
    cut: str
    """What it cut in all: money or points."""
    times: int
    """How many components it cut."""


class ChangeJson(TypedDict):
    """One change between two rule sets."""

    added: NotRequired[list[str]]
    """Of a set of names: those that came."""
    id: str
    """Its id; empty for what there is once in a program, such as `points`."""
    new: NotRequired[str]
    """What it is."""
    old: NotRequired[str]
    """What it was: the value, or of a thing that went all its properties."""
    property: NotRequired[str]
    """Which of its properties, where one changed: `rate`, `limit`."""
    removed: NotRequired[list[str]]
    """Of a set of names: those that went."""
    thing: str
    """What kind of thing: `campaign`, `base rule`, `tier`, …"""
    what: Literal["new", "removed", "changed", "moved"]
    """What happened to it."""


class ChangeCostJson(TypedDict):
    """What one change costs when it is the only one."""

    money: Union[str, None]
    """The difference in money to the old rules."""
    name: str
    """What changed."""
    points: Union[str, None]
    """The difference in points."""
    why_not: NotRequired[str]
    """Why there is none."""


class ComparisonJson(TypedDict):
    """What differs between two rule sets."""

    changes: list[ChangeJson]
    """Every change in meaning, in the order of evaluation."""
    new: str
    """Content hash of the new one."""
    old: str
    """Content hash of the old one."""


class CostJson(TypedDict):
    """Cost of one rule, tier or month."""

    id: str
    """Rule, tier or month."""
    kind: NotRequired[Literal["base", "loyalty", "campaign", "earn", "points_campaign", "upgrade"]]
    """What kind of rule it is; absent for tiers and months."""
    money: str
    """Money granted, less what was taken back."""
    points: str
    """Points granted, less what was taken back."""
    times: int
    """How many grants above zero; of tiers and months, how many transactions."""


class CostsJson(TypedDict):
    """What the rows cost under both rule sets."""

    biggest: list[SwingJson]
    """The purchases that change most, the biggest first."""
    by_change: list[ChangeCostJson]
    """Each change alone, where it can be made alone and was asked for."""
    by_rule: list[RuleCostJson]
    """Each rule that cost anything under either."""
    currency: str
    """The currency of all money here."""
    gain: MembersJson
    """Members whose money grows, or whose points do where their money stays."""
    lose: MembersJson
    """Members whose money shrinks, or whose points do where their money stays."""
    purchases: int
    """Purchases that both posted."""
    rejected: int
    """Rows that one of them did not post."""
    tiers: list[TierCountJson]
    """Tiers at the end."""
    together: Union[ChangeCostJson, None]
    """What several changes cost beyond their sum, since they meet each other."""
    total: SumsJson
    """All rows."""
    unchanged: MembersJson
    """Members for whom nothing changes."""


class MembersJson(TypedDict):
    """Members for whom a change means the same."""

    count: int
    """How many."""
    money: str
    """The sum of their differences in money."""
    points: str
    """The sum of their differences in points."""


class RowJson(TypedDict):
    """What one row brought; negative for a refund."""

    base: str
    """Base components."""
    campaign: str
    """Campaigns."""
    loyalty: str
    """Loyalty."""
    points: str
    """All points."""
    rules: str
    """What granted: `groceries=3.50;silver=0.25;earn=100p`."""
    total: str
    """All money."""
    transaction_id: str
    """Id of the transaction."""
    user_id: str
    """Id of the member."""


class RuleCostJson(TypedDict):
    """One rule under both."""

    id: str
    """Its id."""
    kind: Literal["base", "loyalty", "campaign", "earn", "points_campaign", "upgrade"]
    """What kind of rule it is."""
    sums: SumsJson
    """What it cost and costs."""


class SummaryJson(TypedDict):
    """What purchases cost."""

    amount: str
    """Sum of amounts, less refunds."""
    base: str
    """Money that base rules granted."""
    by_month: list[CostJson]
    """Cost by local month of the transaction."""
    by_rule: list[CostJson]
    """Cost of each rule that granted."""
    by_tier: list[CostJson]
    """Cost by tier of the transaction."""
    campaign: str
    """Money that campaigns granted."""
    caps: list[CapUseJson]
    """Use of each cap that cut."""
    currency: str
    """ISO 4217 code of all money in it."""
    effective_rate: Union[str, None]
    """Money granted per amount, with 6 decimals; nothing where nothing was bought."""
    eligible_amount: str
    """Sum of eligible amounts, less refunds."""
    loyalty: str
    """Money that tiers granted."""
    members: int
    """Members that any row named."""
    members_reached: int
    """Members that were granted anything."""
    points: str
    """All points."""
    purchases: int
    """Purchases that were posted."""
    refunds: int
    """Refunds that were posted."""
    rejected: int
    """Rows that were not posted."""
    repeated: int
    """Rows whose id came before with the same content."""
    total: str
    """All money."""


class SumsJson(TypedDict):
    """Old, new and their difference."""

    difference: str
    """New less old."""
    new: str
    """Money under the new rules."""
    new_points: str
    """Points under the new rules."""
    old: str
    """Money under the old rules."""
    old_points: str
    """Points under the old rules."""
    points_difference: str
    """New less old."""


class SwingJson(TypedDict):
    """A purchase and what it brings under both rule sets."""

    new_rules: str
    """What the new rules grant."""
    old_rules: str
    """What the old rules grant, as a row of a simulation tells it."""
    sums: SumsJson
    """What it pays under each."""
    transaction_id: str
    """Id of the transaction."""
    user_id: str
    """Id of the member."""


class TierCountJson(TypedDict):
    """Members by tier, at the end."""

    new: Union[int, None]
    """Members that hold it under the new rules."""
    old: Union[int, None]
    """Members that hold it under the old rules; nothing if those do not have it."""
    tier: str
    """The tier."""
