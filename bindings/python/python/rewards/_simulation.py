"""Many purchases in order of time: what each brings, and what it all cost."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property
from html import escape
from typing import TYPE_CHECKING, Any, Literal, Optional, Union, cast, overload

from . import _charts, _rewards
from ._input import number_text
from ._outcome import Outcome
from ._progress import Progress, bar
from ._table import Table

if TYPE_CHECKING:
    import altair
    import pandas
    import polars
    import pyarrow

    from ._rules import RuleSet, Value
    from ._types import CostJson, SummaryJson

__all__ = ["Budget", "CapUse", "Cost", "Interval", "Progress", "Reject", "Result", "Summary", "Sweep", "run"]

By = Literal["rule", "kind", "tier", "segment", "day", "week", "month", "user_id"]

LIMIT_DAYS = 28
"""A forecast goes by the mean of so many days."""


@dataclass(frozen=True)
class Cost:
    """What one rule, level or month cost."""

    kind: Optional[str]
    id: str
    money: Decimal
    points: Decimal
    times: int
    """Grants above zero; of levels and months the transactions."""


@dataclass(frozen=True)
class CapUse:
    """How often a cap cut, and how much in all."""

    cap: str
    times: int
    cut: Decimal


@dataclass(frozen=True)
class Summary:
    """What a simulation cost. Refunds count against what they took back."""

    currency: str
    purchases: int
    refunds: int
    repeated: int
    """Rows whose id came before with the same content; they bring nothing again."""
    rejected: int
    """Bad rows."""
    members: int
    members_reached: int
    """Members that were granted anything."""
    amount: Decimal
    """What was bought."""
    eligible_amount: Decimal
    base: Decimal
    loyalty: Decimal
    campaign: Decimal
    total: Decimal
    """All money that was granted."""
    points: Decimal
    effective_rate: Optional[Decimal]
    """Money granted per amount, with six decimals; None if nothing was bought."""
    by_rule: tuple[Cost, ...]
    by_tier: tuple[Cost, ...]
    by_month: tuple[Cost, ...]
    caps: tuple[CapUse, ...]

    def __str__(self) -> str:
        rate = "" if self.effective_rate is None else f", {_percent(self.effective_rate)} of what was bought"
        return (
            f"{self.purchases:,} purchases, {self.refunds:,} refunds, {self.repeated:,} repeated, "
            f"{self.rejected:,} rejected; {self.members:,} members, {self.members_reached:,} of them reached\n"
            f"bought   {self.amount:,} {self.currency}, of which {self.eligible_amount:,} count\n"
            f"granted  {self.total:,} {self.currency} = base {self.base:,} + loyalty {self.loyalty:,} "
            f"+ campaigns {self.campaign:,}{rate}\n"
            f"points   {self.points:,}"
        )

    def _repr_html_(self) -> str:
        lines = "".join(f"<div>{escape(line)}</div>" for line in str(self).splitlines())
        rows = "".join(
            f"<tr><td>{escape(cost.kind or '')}</td><td>{escape(cost.id)}</td>"
            f'<td style="text-align:right">{cost.money:,}</td><td style="text-align:right">{cost.points:,}</td>'
            f'<td style="text-align:right">{cost.times:,}</td></tr>'
            for cost in self.by_rule
        )
        head = "<tr><th></th><th>rule</th><th>money</th><th>points</th><th>grants</th></tr>"
        return f"{lines}<table><thead>{head}</thead><tbody>{rows}</tbody></table>"


def _percent(rate: Decimal) -> str:
    return f"{(rate * 100).normalize():f} %"


def _summary(text: str) -> Summary:
    told = cast("SummaryJson", json.loads(text))

    def costs(list_of: list[CostJson]) -> tuple[Cost, ...]:
        return tuple(
            Cost(cost.get("kind"), cost["id"], Decimal(cost["money"]), Decimal(cost["points"]), cost["times"])
            for cost in list_of
        )

    rate = told["effective_rate"]
    return Summary(
        currency=told["currency"],
        purchases=told["purchases"],
        refunds=told["refunds"],
        repeated=told["repeated"],
        rejected=told["rejected"],
        members=told["members"],
        members_reached=told["members_reached"],
        amount=Decimal(told["amount"]),
        eligible_amount=Decimal(told["eligible_amount"]),
        base=Decimal(told["base"]),
        loyalty=Decimal(told["loyalty"]),
        campaign=Decimal(told["campaign"]),
        total=Decimal(told["total"]),
        points=Decimal(told["points"]),
        effective_rate=None if rate is None else Decimal(rate),
        by_rule=costs(told["by_rule"]),
        by_tier=costs(told["by_tier"]),
        by_month=costs(told["by_month"]),
        caps=tuple(CapUse(cap["cap"], cap["times"], Decimal(cap["cut"])) for cap in told["caps"]),
    )


@dataclass(frozen=True)
class Reject:
    """A row that could not be used."""

    row: int
    """Number of the row, from 0, as in ``frame.iloc[row]``."""
    transaction_id: str
    code: str
    message: str
    line: Optional[int] = None
    """The line at which it begins, from 1, in a file of CSV or newline-delimited JSON."""


@dataclass(frozen=True)
class Budget:
    """How a budget that all members share was used."""

    budget: str
    """Key of the counter, such as ``campaign.weekend-dining.budget.campaign``."""
    limit: Decimal
    used: Decimal
    left: Decimal
    days: tuple[tuple[date, Decimal], ...]
    """What was used on each local day, less what refunds gave back."""
    exhausted_on: Optional[date]
    """The first day at whose end nothing was left."""
    forecast: Optional[date]
    """When it will be used up if it goes on as in the 28 days through the last one on which it was used; None if it is
    used up, or if refunds gave back all that was used in them."""

    @property
    def share(self) -> Decimal:
        """How much of it is used, as a fraction with four decimals."""
        if self.limit == 0:
            return Decimal(1)
        return (self.used / self.limit).quantize(Decimal("0.0001"))


@dataclass(frozen=True)
class Interval:
    """A sum, and between what it would lie with other members like these.

    Members are drawn at random, with replacement, as many as there are; of so many such sums this is the middle part.
    """

    value: Decimal
    low: Decimal
    high: Decimal
    level: Decimal
    """The part of the sums that lies between ``low`` and ``high``."""

    def __str__(self) -> str:
        return f"{self.value:,} ({self.low:,} to {self.high:,} in {_percent(self.level)} of samples)"


def interval_of(drawn: tuple[int, list[int]], decimals: int, level: Union[Decimal, str]) -> Interval:
    """The middle part of sums in order."""
    part = Decimal(number_text(level, "level"))
    if not 0 < part < 1:
        raise ValueError(f"level: {part} is not between 0 and 1")
    value, sums = drawn
    if not sums:
        raise ValueError("samples: at least one is due here")
    cut = int((1 - part) / 2 * (len(sums) - 1))
    one = Decimal(1).scaleb(-decimals)
    return Interval(value * one, sums[cut] * one, sums[len(sums) - 1 - cut] * one, part)


class Result:
    """What a simulation brought."""

    def __init__(self, rules: RuleSet, native: _rewards.Run) -> None:
        self._rules = rules
        self._native = native

    @property
    def rules(self) -> RuleSet:
        """The rules that were simulated."""
        return self._rules

    @cached_property
    def summary(self) -> Summary:
        """What it all cost."""
        return _summary(self._native.summary())

    @cached_property
    def rejects(self) -> tuple[Reject, ...]:
        """The bad rows, where ``on_error="collect"`` asked for them."""
        return tuple(
            Reject(bad["row"], bad["transaction_id"], bad["code"], bad["message"], bad["line"])
            for bad in self._native.rejects()
        )

    @cached_property
    def outcomes(self) -> dict[str, Outcome]:
        """The whole outcomes of the transactions that ``explain`` named, by id, each with why other rules granted nothing.
        In a notebook each is a waterfall."""
        return {outcome.transaction_id: outcome for outcome in map(Outcome, self._native.outcomes())}

    @cached_property
    def rows(self) -> Table:
        """A row a transaction: id, member, local date, tier, amount, what was granted by stage, points, and rules."""
        return Table(self._native.table("transactions"))

    @cached_property
    def components(self) -> Table:
        """A row a component: what one rule granted to one transaction."""
        return Table(self._native.table("components"))

    @cached_property
    def nested(self) -> Table:
        """A row a transaction, with its components as a list."""
        return Table(self._native.table("nested"))

    def __arrow_c_stream__(self, requested_schema: Optional[object] = None) -> object:
        return self.rows.__arrow_c_stream__(requested_schema)

    def to_polars(self) -> polars.DataFrame:
        """:attr:`rows` as a data frame of polars."""
        return self.rows.to_polars()

    def to_pandas(self) -> pandas.DataFrame:
        """:attr:`rows` as a data frame of pandas."""
        return self.rows.to_pandas()

    def to_pyarrow(self) -> pyarrow.Table:
        """:attr:`rows` as a table of pyarrow."""
        return self.rows.to_pyarrow()

    def cost(self, *by: By) -> Table:
        """Costs by some of ``rule``, ``kind``, ``tier``, ``segment``, ``day``, ``week``, ``month`` and ``user_id``.

        >>> result.cost("rule", "tier")

        Each row has how many transactions and members there were, what they bought, and the money and points they were
        granted. Dates are local; weeks are those of ISO. A member of several segments counts in each of them; segments
        are those known at the end.
        """
        return Table(self._native.cost(list(by)))

    @cached_property
    def budgets(self) -> tuple[Budget, ...]:
        """How each budget was used, when it was used up, and when it will be."""
        return tuple(_budget(told) for told in self._native.budgets())

    def interval(
        self,
        rule: Optional[str] = None,
        *,
        points: bool = False,
        samples: int = 1000,
        seed: int = 0,
        level: Union[Decimal, str] = "0.95",
    ) -> Interval:
        """The cost of one rule, or of all, and between what it would lie with other members like these.

        The same seed gives the same interval. Raises KeyError (``unknown_rule``) for a rule that there is not, with those
        that there are, and ValueError (``other_unit``) for one that grants points where money is asked for, or money
        where points are.
        """
        decimals = self._rules._native.points_decimals if points else self._rules._native.currency_decimals
        return interval_of(self._native.resample(rule, points, samples, seed), decimals, level)

    def plot(self, by: By = "week") -> altair.Chart:
        """Money by rule, over weeks, months or days, or by tier or segment. Needs altair."""
        return _charts.costs(self.cost("rule", by), by, self.summary.currency)

    def plot_budgets(self) -> altair.Chart:
        """How much of each budget was left, day by day. Needs altair."""
        return _charts.budgets(self.budgets)

    def __len__(self) -> int:
        return len(self._native)

    def __repr__(self) -> str:
        return f"<Result of {self._rules.program}>\n{self.summary}"

    def _repr_html_(self) -> str:
        return self.summary._repr_html_()


def _budget(told: _rewards._Budget) -> Budget:
    one = Decimal(1).scaleb(-told["decimals"])
    limit = told["limit"]
    used, exhausted = 0, None
    for day, units in told["days"]:
        used += units
        # What a refund gives back can be used again.
        exhausted = (exhausted or day) if used >= limit else None
    forecast = None
    if exhausted is None and told["days"]:
        last = told["days"][-1][0]
        recent = sum(units for day, units in told["days"] if day > last - timedelta(days=LIMIT_DAYS))
        if recent > 0:
            days = -(-(limit - used) * LIMIT_DAYS // recent)
            forecast = last + timedelta(days=days) if days < 36500 else None
    return Budget(
        budget=told["budget"],
        limit=limit * one,
        used=used * one,
        left=(limit - used) * one,
        days=tuple((day, units * one) for day, units in told["days"]),
        exhausted_on=exhausted,
        forecast=forecast,
    )


class Sweep(Sequence[Result]):
    """Results of the same rules with different values of one setting."""

    def __init__(self, path: str, values: Sequence[Value], results: Sequence[Result]) -> None:
        self.path = path
        self.values = tuple(values)
        self.results = tuple(results)

    @property
    def table(self) -> list[dict[str, Any]]:
        """A row a value: what it cost."""
        return [
            {
                "value": str(value),
                "total": result.summary.total,
                "base": result.summary.base,
                "loyalty": result.summary.loyalty,
                "campaign": result.summary.campaign,
                "points": result.summary.points,
                "effective_rate": result.summary.effective_rate,
            }
            for value, result in zip(self.values, self.results)
        ]

    def plot(self) -> altair.Chart:
        """Cost by value. Needs altair."""
        return _charts.sweep(self.table, self.path, self.results[0].summary.currency if self.results else "")

    def __len__(self) -> int:
        return len(self.results)

    @overload
    def __getitem__(self, at: int) -> Result: ...

    @overload
    def __getitem__(self, at: slice) -> Sequence[Result]: ...

    def __getitem__(self, at: Union[int, slice]) -> Union[Result, Sequence[Result]]:
        return self.results[at]

    def __iter__(self) -> Iterator[Result]:
        return iter(self.results)

    def __repr__(self) -> str:
        lines = [f"{row['value']}: {row['total']:,}" for row in self.table]
        return "\n".join([f"<Sweep of {self.path}>", *lines])

    def _repr_html_(self) -> str:
        rows = "".join(
            "<tr>" + "".join(f'<td style="text-align:right">{escape(str(cell))}</td>' for cell in row.values()) + "</tr>"
            for row in self.table
        )
        head = "".join(f"<th>{escape(name)}</th>" for name in (self.table[0] if self.table else {}))
        caption = f'<caption style="text-align:left">{escape(self.path)}</caption>'
        return f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def _cores() -> int:
    # Of those that this process may use, as in a container.
    allowed = getattr(os, "sched_getaffinity", None)
    return len(allowed(0)) if allowed else os.cpu_count() or 1


def run(
    rules: Sequence[RuleSet],
    transactions: object,
    members: Optional[object],
    *,
    workers: Optional[int],
    on_error: str,
    columns: Optional[Mapping[str, Optional[str]]],
    member_columns: Optional[Mapping[str, Optional[str]]],
    assume_program_timezone: bool,
    uplift: Sequence[Optional[Mapping[str, Union[Decimal, int, str]]]],
    progress: Progress,
    explain: Iterable[str] = (),
) -> list[Result]:
    """Posts every row of a table under each rule set."""
    if on_error not in ("raise", "collect"):
        raise ValueError(f"on_error: {on_error!r} is neither 'raise' nor 'collect'")
    if workers is not None and workers < 1:
        raise ValueError(f"workers: {workers} is below 1")
    factors = [
        {str(user): number_text(factor, f"uplift of {user}") for user, factor in (given or {}).items()}
        for given in uplift
    ]
    with bar(progress) as shown:
        runs = _rewards.simulate(
            [one._native for one in rules],
            transactions,
            members,
            workers=workers or _cores(),
            collect=on_error == "collect",
            assume_program_timezone=assume_program_timezone,
            columns=dict(columns or {}),
            member_columns=dict(member_columns or {}),
            uplift=factors,
            explain=set(explain),
            progress=shown,
        )
    return [Result(one, run) for one, run in zip(rules, runs)]
