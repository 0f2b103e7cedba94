"""One member's history, step by step."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Optional, Union

from . import _rewards
from ._input import Input, json_of
from ._outcome import Outcome

if TYPE_CHECKING:
    from ._rules import RuleSet

__all__ = ["Account", "Redeemed", "Standing"]


@dataclass(frozen=True)
class Redeemed:
    """Points that left for a redemption."""

    cash: Decimal
    """What they are worth."""
    points: Decimal


@dataclass(frozen=True)
class Standing:
    """Where a member stands on a day."""

    available: Decimal
    """Points that can be spent."""
    pending: Decimal
    """Points that are credited and cannot be spent yet."""
    debt: Decimal
    """Points that are owed, since what they came from was refunded after they were spent."""
    tier: Optional[str]
    """The level; None in a program without levels."""


class Account:
    """A member of whom purchases, refunds and redemptions are posted in order. Limits, levels and points carry over.

    >>> account = rules.account({"id": "m1", "tier": "silver"})
    >>> account.purchase({"id": "t1", "amount": "12.50", …}).total
    """

    def __init__(self, rules: RuleSet, member: Optional[Input] = None, usage: Optional[Input] = None) -> None:
        self._native = _rewards.Account(rules._native, json_of(member, "member"), json_of(usage, "usage"))

    def purchase(self, transaction: Input, *, explain: bool = False) -> Optional[Outcome]:
        """Posts a purchase. None if it was posted before, with the same content.

        Raises :class:`EvaluationError`, and posts nothing then.
        """
        posted = self._native.purchase(json_of(transaction, "transaction") or "", explain)
        return None if posted is None else Outcome(posted)

    def refund(self, refund: Input) -> Optional[Outcome]:
        """Posts a refund (``id``, ``original``, ``amount``, ``occurred_at``, perhaps ``lines``); its numbers are below
        zero. None if it was posted before."""
        posted = self._native.refund(json_of(refund, "refund") or "")
        return None if posted is None else Outcome(posted)

    def redeem(self, redemption: Input) -> Optional[Redeemed]:
        """Spends points (``id``, ``option``, ``points``, ``at``). None if it was posted before."""
        posted = self._native.redeem(json_of(redemption, "redemption") or "")
        return None if posted is None else Redeemed(Decimal(posted[0]), Decimal(posted[1]))

    def standing(self, at: Union[datetime, str]) -> Standing:
        """Points and level on the local day of an instant not before the last event."""
        text = at.isoformat() if isinstance(at, datetime) else at
        available, pending, debt, tier = self._native.standing(text)
        return Standing(Decimal(available), Decimal(pending), Decimal(debt), tier)
