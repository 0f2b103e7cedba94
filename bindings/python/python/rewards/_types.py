"""The JSON of an outcome, as types. Made from the engine's schema."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

if TYPE_CHECKING:
    from typing_extensions import NotRequired


class CutJson(TypedDict):
    cap: str
    left: str
    cut: str


class ComponentJson(TypedDict):
    kind: str
    id: str
    basis: NotRequired[str]
    rate: NotRequired[str]
    exact: str
    rounded: str
    cuts: list[CutJson]
    granted: str


class PointsJson(TypedDict):
    kind: str
    id: str
    exact: str
    cuts: list[CutJson]
    granted: str
    spendable_on: NotRequired[str]
    expires_on: NotRequired[str]


class TotalsJson(TypedDict):
    base: str
    loyalty: str
    campaign: str
    total: str
    points: str


class ProgressJson(TypedDict):
    window: str
    spending: str
    tier: str
    next: NotRequired[str]
    missing: NotRequired[str]


class UsageJson(TypedDict):
    key: str
    period: str
    delta: str


class RejectionJson(TypedDict):
    kind: str
    id: str
    reason: str
    clause: str
    value: str


class OutcomeJson(TypedDict):
    transaction_id: str
    kind: str
    rule_set: str
    program: str
    currency: str
    occurred_at: str
    original: NotRequired[str]
    reason: NotRequired[str]
    amount: str
    eligible_amount: str
    tier: NotRequired[str]
    components: list[ComponentJson]
    totals: TotalsJson
    points: list[PointsJson]
    progress: NotRequired[ProgressJson]
    usage: list[UsageJson]
    rejected: NotRequired[list[RejectionJson]]
