"""Two rule sets over the same purchases: what a change costs, who gains and who loses."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from functools import cached_property
from html import escape
from typing import TYPE_CHECKING, Any, Literal, Optional, Union

from . import _charts, _rewards
from ._input import number_text
from ._progress import Progress
from ._simulation import By, Interval, Result, interval_of, run
from ._table import Table

if TYPE_CHECKING:
    import altair

    from ._rules import RuleSet

__all__ = ["Comparison", "CostChange", "Group", "MemberChange", "Uplift", "compare"]


@dataclass(frozen=True)
class MemberChange:
    """What a change of rules means for one member, if everybody buys as before."""

    user_id: str
    transactions: int
    amount: Decimal
    """What the member bought."""
    old: Decimal
    """Money granted under the old rules."""
    new: Decimal
    """Money granted under the new rules."""
    old_points: Decimal
    new_points: Decimal

    @property
    def difference(self) -> Decimal:
        return self.new - self.old

    @property
    def rate_change(self) -> Decimal:
        """The difference as a fraction of what was bought, with six decimals."""
        if self.amount <= 0:
            return Decimal(0)
        return (self.difference / self.amount).quantize(Decimal("0.000001"), ROUND_HALF_EVEN)


Uplift = Callable[[MemberChange], Union[Decimal, int, str]]
"""How much more a member buys because of the change: 0.05 is 5 % more, -0.1 is 10 % less."""


@dataclass(frozen=True)
class Group:
    """Members for whom a change means the same."""

    members: int
    money: Decimal
    """The sum of their differences."""
    points: Decimal


@dataclass(frozen=True)
class CostChange:
    """What one rule, level, segment or week cost and costs."""

    key: tuple[Optional[str], ...]
    old: Decimal
    new: Decimal
    old_points: Decimal
    new_points: Decimal

    @property
    def difference(self) -> Decimal:
        return self.new - self.old

    @property
    def points_difference(self) -> Decimal:
        return self.new_points - self.old_points


class Comparison:
    """What a change of rules does to the same purchases."""

    def __init__(self, old: Result, new: Result, behaviour: Optional[Result] = None) -> None:
        self.old = old
        """The purchases under the old rules."""
        self.new = new
        """The same purchases under the new rules."""
        self.uplifted = behaviour
        """Under the new rules, with members who buy as the uplift says; None without one."""
        self._pair = _rewards.Pair(old._native, new._native)

    @cached_property
    def rows(self) -> Table:
        """A row a transaction: what both rule sets granted, and the difference."""
        return Table(self._pair.rows())

    @cached_property
    def members(self) -> Table:
        """A row a member: what both rule sets granted, and the difference."""
        return Table(self._pair.members())

    @cached_property
    def _changes(self) -> list[MemberChange]:
        return member_changes(self._pair)

    def _group(self, sign: int) -> Group:
        def side(change: MemberChange) -> int:
            # Who keeps the money but not the points gains or loses by these.
            moved = change.difference or change.new_points - change.old_points
            return (moved > 0) - (moved < 0)

        group = [change for change in self._changes if side(change) == sign]
        return Group(
            members=len(group),
            money=sum((change.difference for change in group), self.cost - self.cost),
            points=sum((change.new_points - change.old_points for change in group), self.points - self.points),
        )

    @cached_property
    def gainers(self) -> Group:
        """Members who are granted more, or more points where the money stays."""
        return self._group(1)

    @cached_property
    def losers(self) -> Group:
        """Members who are granted less, or fewer points where the money stays."""
        return self._group(-1)

    @cached_property
    def unchanged(self) -> Group:
        """Members for whom nothing changes."""
        return self._group(0)

    @property
    def cost(self) -> Decimal:
        """By how much more money is granted."""
        return self.new.summary.total - self.old.summary.total

    @property
    def points(self) -> Decimal:
        """By how many more points are granted."""
        return self.new.summary.points - self.old.summary.points

    def by(self, *keys: By) -> tuple[CostChange, ...]:
        """What each rule, kind, tier, segment, day, week, month or member costs under both; keys as for
        :meth:`Result.cost`."""
        sums: dict[tuple[Optional[str], ...], list[Decimal]] = {}
        for at, result in enumerate((self.old, self.new)):
            for row in result.cost(*keys).to_dicts():
                found = sums.setdefault(tuple(row[key] for key in keys), [Decimal(0)] * 4)
                found[at] += row["money"]
                found[at + 2] += row["points"]
        rows = [CostChange(key, *found) for key, found in sums.items()]
        if any(key in ("day", "week", "month") for key in keys):
            timed = [at for at, key in enumerate(keys) if key in ("day", "week", "month")]
            rows.sort(key=lambda row: tuple(row.key[at] or "" for at in timed))
        return tuple(rows)

    def histogram(self, bins: int = 20, *, points: bool = False) -> list[dict[str, Any]]:
        """How many members gain or lose how much: rows with ``low``, ``high``, ``members`` and ``side``.

        ``low`` is in a bin and ``high`` is not; members for whom nothing changes are a bin of their own.
        """
        rules = self.new.rules._native
        decimals = rules.points_decimals if points else rules.currency_decimals
        one = Decimal(1).scaleb(-decimals)
        found = self._pair.differences(points)
        moved = sorted(difference for difference in found if difference)
        rows = [{"low": 0 * one, "high": 0 * one, "members": len(found) - len(moved), "side": "same"}]
        if moved:
            width = _round_up((moved[-1] - moved[0]) // max(bins, 1) + 1)
            counts: dict[int, int] = {}
            for difference in moved:
                # No bin has both signs: those below zero begin at -width, those above at 1.
                at = difference // width if difference < 0 else (difference - 1) // width
                counts[at] = counts.get(at, 0) + 1
            for at, count in counts.items():
                side = "lose" if at < 0 else "gain"
                low = at * width if at < 0 else at * width + 1
                high = (at + 1) * width if at < 0 else (at + 1) * width + 1
                rows.append({"low": low * one, "high": high * one, "members": count, "side": side})
        return sorted(rows, key=lambda row: (row["low"], row["high"]))

    def interval(
        self, *, points: bool = False, samples: int = 1000, seed: int = 0, level: Union[Decimal, str] = "0.95"
    ) -> Interval:
        """What the change costs, and between what that would lie with other members like these."""
        rules = self.new.rules._native
        decimals = rules.points_decimals if points else rules.currency_decimals
        return interval_of(self._pair.resample(points, samples, seed), decimals, level)

    @property
    def more_bought(self) -> Decimal:
        """How much more is bought because of the uplift; 0 without one."""
        if self.uplifted is None:
            return Decimal(0)
        return self.uplifted.summary.amount - self.new.summary.amount

    @property
    def cost_with_uplift(self) -> Decimal:
        """By how much more money is granted if members also buy as the uplift says."""
        if self.uplifted is None:
            return self.cost
        return self.uplifted.summary.total - self.old.summary.total

    def plot(self, bins: int = 20) -> altair.Chart:
        """How many members gain or lose how much. Needs altair."""
        return _charts.histogram(self.histogram(bins), self.new.summary.currency)

    def __str__(self) -> str:
        currency = self.new.summary.currency
        lines = [
            f"cost     {_signed(self.cost)} {currency}: {self.old.summary.total:,} → {self.new.summary.total:,}",
            f"gain     {_members(self.gainers)}, {_signed(self.gainers.money)} {currency}",
            f"lose     {_members(self.losers)}, {_signed(self.losers.money)} {currency}",
            f"same     {_members(self.unchanged)}",
        ]
        if self.points:
            points = f"{self.old.summary.points:,} → {self.new.summary.points:,}"
            lines.insert(1, f"points   {_signed(self.points)}: {points}")
        if self.uplifted is not None:
            lines.append(
                f"uplift   {_signed(self.more_bought)} {currency} bought, cost with it {_signed(self.cost_with_uplift)}"
            )
        return "\n".join(lines)

    def __repr__(self) -> str:
        return f"<Comparison>\n{self}"

    def _repr_html_(self) -> str:
        lines = "".join(f"<div>{escape(line)}</div>" for line in str(self).splitlines())
        changed = [row for row in self.by("rule") if row.difference or row.points_difference]
        rows = "".join(
            f"<tr><td>{escape(row.key[0] or '')}</td>"
            + "".join(
                f'<td style="text-align:right">{cell}</td>'
                for cell in (f"{row.old:,}", f"{row.new:,}", _signed(row.difference), _signed(row.points_difference))
            )
            + "</tr>"
            for row in changed
        )
        head = "<tr><th>rule</th><th>old</th><th>new</th><th>difference</th><th>points</th></tr>"
        return f"{lines}<table><thead>{head}</thead><tbody>{rows}</tbody></table>"


def _members(group: Group) -> str:
    return f"{group.members:,} member{'' if group.members == 1 else 's'}"


def _signed(value: Decimal) -> str:
    return f"{value:+,}"


def _round_up(width: int) -> int:
    """The next of 1, 2, 5, 10, 20, 50, …"""
    power = 1
    while True:
        for step in (1, 2, 5):
            if step * power >= width:
                return step * power
        power *= 10


def member_changes(pair: _rewards.Pair) -> list[MemberChange]:
    """What a change means for each member."""
    return [
        MemberChange(
            user_id=row["user_id"],
            transactions=row["transactions"],
            amount=row["amount"],
            old=row["old"],
            new=row["new"],
            old_points=row["old_points"],
            new_points=row["new_points"],
        )
        for row in pair.members().rows()
    ]


def _rows_read(result: Result) -> int:
    summary = result.summary
    return summary.purchases + summary.refunds + summary.repeated + summary.rejected


def compare(
    old: RuleSet,
    new: RuleSet,
    transactions: object,
    members: Optional[object] = None,
    *,
    uplift: Optional[Uplift] = None,
    workers: Optional[int] = None,
    on_error: Literal["raise", "collect"] = "raise",
    columns: Optional[Mapping[str, Optional[str]]] = None,
    member_columns: Optional[Mapping[str, Optional[str]]] = None,
    assume_program_timezone: bool = False,
    progress: Progress = None,
) -> Comparison:
    """Simulates the same purchases under two rule sets.

    Arguments are those of :meth:`RuleSet.simulate`. A column that only one of the rule sets knows is read by that one.

    ``uplift`` is a scenario of behaviour: a function that says how much more a member buys because of the change, from
    what the change means for that member if everybody buys as before:

    >>> rewards.compare(old, new, purchases, uplift=lambda member: 2 * member.rate_change)

    It returns a ``Decimal``, an ``int`` or text, never a float: ``Decimal("0.05")`` is 5 % more. All purchases of the
    member grow by it. Then the table is read a second time, so it must not be a stream that can be read once.
    """
    options: dict[str, Any] = {
        "workers": workers,
        "on_error": on_error,
        "columns": columns,
        "member_columns": member_columns,
        "assume_program_timezone": assume_program_timezone,
        "progress": progress,
    }
    one, other = old._native, new._native
    if (one.currency, one.points_decimals) != (other.currency, other.points_decimals):
        raise ValueError(
            "the rule sets differ in their currency or in the decimals of their points, so what they cost cannot be compared"
        )
    before, after = run([old, new], transactions, members, uplift=[], **options)
    if uplift is None:
        return Comparison(before, after)
    factors: dict[str, Union[Decimal, int, str]] = {}
    for change in member_changes(_rewards.Pair(before._native, after._native)):
        more = Decimal(number_text(uplift(change), f"uplift of {change.user_id}"))
        if not more.is_finite():
            raise ValueError(f"uplift of {change.user_id}: {more} is no number")
        if more < -1:
            raise ValueError(f"uplift of {change.user_id}: {more} is less than buying nothing, which is -1")
        if more:
            factors[change.user_id] = 1 + more
    scenario = run([new], transactions, members, uplift=[factors], **options)[0]
    if _rows_read(scenario) < _rows_read(after):
        raise ValueError("the transactions could be read only once; an uplift reads them twice, so give a table or a path")
    return Comparison(before, after, scenario)
