"""What one purchase brings, and why."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from html import escape
from typing import Any, Optional, cast

from . import _rewards
from ._types import OutcomeJson

__all__ = ["Component", "Cut", "Outcome", "PointsComponent", "Progress", "Rejection", "Totals", "UsageChange"]


@dataclass(frozen=True)
class Cut:
    """What one cap took from one component."""

    cap: str
    """Name of the cap, such as ``program.amount.month``."""
    left: Decimal
    """What was left of it."""
    cut: Decimal
    """What it took."""


@dataclass(frozen=True)
class Component:
    """Money from one rule: basis × rate = exact, rounded, cut by caps, granted."""

    kind: str
    """``base``, ``loyalty`` or ``campaign``."""
    id: str
    """Id of the base rule, level or campaign."""
    basis: Optional[Decimal]
    """What it was computed on; None for fixed and computed amounts."""
    rate: Optional[Decimal]
    """As a fraction: 0.02 is 2 %."""
    exact: Decimal
    rounded: Decimal
    cuts: tuple[Cut, ...]
    granted: Decimal
    """What is paid."""


@dataclass(frozen=True)
class PointsComponent:
    """Points from one rule."""

    kind: str
    """``earn``, ``points_campaign`` or ``upgrade``."""
    id: str
    exact: Decimal
    cuts: tuple[Cut, ...]
    granted: Decimal
    spendable_on: Optional[date]
    """First local day on which they can be spent."""
    expires_on: Optional[date]
    """Last local day on which they can be spent; None if they do not expire."""


@dataclass(frozen=True)
class Totals:
    """Sums of what is granted."""

    base: Decimal
    loyalty: Decimal
    campaign: Decimal
    total: Decimal
    """All money."""
    points: Decimal
    """All points."""


@dataclass(frozen=True)
class Progress:
    """Where the member stands after the purchase."""

    window: str
    spending: Decimal
    tier: str
    next: Optional[str]
    missing: Optional[Decimal]
    """What is missing to the next level."""


@dataclass(frozen=True)
class UsageChange:
    """A counter that the purchase changes."""

    key: str
    period: str
    delta: Decimal


@dataclass(frozen=True)
class Rejection:
    """A rule that did not grant, and why not."""

    kind: str
    id: str
    reason: str
    """A stable word, such as ``below_minimum``."""
    clause: str
    """The clause that decided, as written."""
    value: str
    """What it met."""


def _decimal(text: Optional[str]) -> Optional[Decimal]:
    return None if text is None else Decimal(text)


def _date(text: Optional[str]) -> Optional[date]:
    return None if text is None else date.fromisoformat(text)


def _cuts(cuts: list[Any]) -> tuple[Cut, ...]:
    return tuple(Cut(cut["cap"], Decimal(cut["left"]), Decimal(cut["cut"])) for cut in cuts)


class Outcome:
    """What one purchase brings. All numbers are ``Decimal``, exact to the last digit."""

    def __init__(self, native: _rewards.Outcome) -> None:
        self._native = native
        self._json = cast(OutcomeJson, json.loads(native.full()))

    def to_json(self) -> str:
        """The canonical JSON: the same bytes from every host for the same purchase."""
        return self._native.canonical()

    def to_dict(self) -> OutcomeJson:
        """The outcome as JSON has it, amounts as text."""
        return cast(OutcomeJson, json.loads(self._native.full()))

    def explain(self) -> str:
        """Where each cent came from, in words and columns, and which rules granted nothing and why."""
        return self._native.explain()

    @property
    def transaction_id(self) -> str:
        return self._json["transaction_id"]

    @property
    def program(self) -> str:
        return self._json["program"]

    @property
    def rule_set(self) -> str:
        """Content hash of the rules."""
        return self._json["rule_set"]

    @property
    def currency(self) -> str:
        return self._json["currency"]

    @property
    def occurred_at(self) -> datetime:
        """When the purchase happened, in UTC. A fraction of a second is cut after microseconds."""
        text = self._json["occurred_at"].removesuffix("Z")
        whole, _, fraction = text.partition(".")
        return datetime.fromisoformat(f"{whole}.{(fraction + '000000')[:6]}+00:00")

    @property
    def amount(self) -> Decimal:
        return Decimal(self._json["amount"])

    @property
    def eligible_amount(self) -> Decimal:
        """What of the amount counts."""
        return Decimal(self._json["eligible_amount"])

    @property
    def tier(self) -> Optional[str]:
        """The tier of the purchase; None in a program without tiers."""
        return self._json.get("tier")

    @property
    def reason(self) -> Optional[str]:
        """Why nothing at all was granted, such as ``not_eligible``; else None."""
        return self._json.get("reason")

    @property
    def components(self) -> tuple[Component, ...]:
        """Money, in order: base, loyalty, campaigns."""
        return tuple(
            Component(
                kind=part["kind"],
                id=part["id"],
                basis=_decimal(part.get("basis")),
                rate=_decimal(part.get("rate")),
                exact=Decimal(part["exact"]),
                rounded=Decimal(part["rounded"]),
                cuts=_cuts(part["cuts"]),
                granted=Decimal(part["granted"]),
            )
            for part in self._json["components"]
        )

    @property
    def totals(self) -> Totals:
        totals = self._json["totals"]
        return Totals(
            base=Decimal(totals["base"]),
            loyalty=Decimal(totals["loyalty"]),
            campaign=Decimal(totals["campaign"]),
            total=Decimal(totals["total"]),
            points=Decimal(totals["points"]),
        )

    @property
    def total(self) -> Decimal:
        """All money that is granted."""
        return self.totals.total

    @property
    def points(self) -> tuple[PointsComponent, ...]:
        return tuple(
            PointsComponent(
                kind=part["kind"],
                id=part["id"],
                exact=Decimal(part["exact"]),
                cuts=_cuts(part["cuts"]),
                granted=Decimal(part["granted"]),
                spendable_on=_date(part.get("spendable_on")),
                expires_on=_date(part.get("expires_on")),
            )
            for part in self._json["points"]
        )

    @property
    def progress(self) -> Optional[Progress]:
        """Where the member stands; None in a program without tiers."""
        progress = self._json.get("progress")
        if progress is None:
            return None
        return Progress(
            window=progress["window"],
            spending=Decimal(progress["spending"]),
            tier=progress["tier"],
            next=progress.get("next"),
            missing=_decimal(progress.get("missing")),
        )

    @property
    def usage(self) -> tuple[UsageChange, ...]:
        """Every counter that changes."""
        return tuple(UsageChange(use["key"], use["period"], Decimal(use["delta"])) for use in self._json["usage"])

    @property
    def rejected(self) -> tuple[Rejection, ...]:
        """The rules that granted nothing, and why. Empty unless the evaluation was asked to explain."""
        return tuple(
            Rejection(found["kind"], found["id"], found["reason"], found["clause"], found["value"])
            for found in self._json.get("rejected", [])
        )

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Outcome) and self.to_json() == other.to_json()

    def __hash__(self) -> int:
        return hash(self.to_json())

    def __repr__(self) -> str:
        totals = self.totals
        points = f", {totals.points} points" if totals.points else ""
        rules = self._native.rules_text()
        return f"<Outcome {self.transaction_id}: {totals.total} {self.currency}{points}{f' ({rules})' if rules else ''}>"

    def _repr_html_(self) -> str:
        return waterfall(self)


_BAR = {"base": "#4c78a8", "loyalty": "#72b7b2", "campaign": "#f58518"}


def _percent(rate: Decimal) -> str:
    return f"{(rate * 100).normalize():f} %"


def waterfall(outcome: Outcome) -> str:
    """The outcome as a table of HTML in which each component begins where the one before it ends."""
    components = outcome.components
    widest = max(sum((part.rounded for part in components), Decimal(0)), Decimal("0.01"))
    rows = []
    begin = Decimal(0)
    for part in components:
        how = ""
        if part.basis is not None and part.rate is not None:
            how = f"{part.basis} × {_percent(part.rate)} = {part.exact}"
        elif part.exact != part.granted:
            how = str(part.exact)
        cuts = "".join(f"<br><small>− {cut.cut}: {escape(cut.cap)}, {cut.left} left</small>" for cut in part.cuts)
        left, width, cut = (f"{part_of * 100 / widest:.2f}" for part_of in (begin, part.granted, part.rounded - part.granted))
        bar = (
            '<div style="display:flex;width:14em;height:1em">'
            f'<div style="width:{left}%"></div>'
            f'<div style="width:{width}%;background:{_BAR.get(part.kind, "#999")}"></div>'
            f'<div style="width:{cut}%;background:repeating-linear-gradient(45deg,#999 0 2px,transparent 2px 5px)"></div>'
            "</div>"
        )
        rows.append(
            f"<tr><td>{escape(part.kind)}</td><td>{escape(part.id)}</td>"
            f'<td style="text-align:right">{escape(how)}{cuts}</td><td>{bar}</td>'
            f'<td style="text-align:right">{part.granted}</td></tr>'
        )
        begin += part.granted
    rows.append(
        '<tr><td colspan="4"><b>total</b></td>'
        f'<td style="text-align:right;white-space:nowrap"><b>{outcome.total} {escape(outcome.currency)}</b></td></tr>'
    )
    for points in outcome.points:
        until = f", until {points.expires_on}" if points.expires_on else ""
        rows.append(
            f'<tr><td>{escape(points.kind)}</td><td colspan="3">{escape(points.id)}{until}</td>'
            f'<td style="text-align:right">{points.granted} points</td></tr>'
        )
    for found in outcome.rejected:
        met = f": {escape(found.value)}" if found.value else ""
        rows.append(
            f'<tr style="opacity:0.7"><td>{escape(found.kind)}</td><td>{escape(found.id)}</td>'
            f'<td colspan="3"><small>{escape(found.reason.replace("_", " "))} — <code>{escape(found.clause)}</code>{met}'
            "</small></td></tr>"
        )
    why = f", nothing: {escape(outcome.reason.replace('_', ' '))}" if outcome.reason else ""
    caption = (
        f"<b>{escape(outcome.transaction_id)}</b>: {outcome.amount} {escape(outcome.currency)}"
        f"{f', {escape(outcome.tier)}' if outcome.tier else ''}{why}"
    )
    return f'<table><caption style="text-align:left">{caption}</caption><tbody>{"".join(rows)}</tbody></table>'
