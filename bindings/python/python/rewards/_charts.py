"""Charts of results, by altair, which is imported when somebody wants one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import altair

    from ._simulation import Budget
    from ._table import Table


def _altair() -> Any:
    try:
        import altair
    except ImportError as error:
        raise ImportError("plots need altair: pip install 'rewards[plot]'") from error
    return altair


def _values(rows: Iterable[dict[str, Any]], *numbers: str) -> list[dict[str, Any]]:
    # A chart is pixels: here, and only here, money becomes floats.
    return [{name: float(cell) if name in numbers else cell for name, cell in row.items()} for row in rows]


def costs(table: Table, by: str, currency: str) -> altair.Chart:
    """Stacked bars of money by rule."""
    alt = _altair()
    rows = [row for row in table.to_dicts() if row["money"]]
    data = alt.Data(values=_values(rows, "amount", "money", "points"))
    chart: altair.Chart = (
        alt.Chart(data)
        .mark_bar()
        .encode(
            x=alt.X(f"{by}:N", title=by, sort=None),
            y=alt.Y("money:Q", title=currency, stack="zero"),
            color=alt.Color("rule:N", sort=None),
            tooltip=[f"{by}:N", "rule:N", alt.Tooltip("money:Q", format=",.2f"), "transactions:Q", "members:Q"],
        )
        .properties(width=600, height=280)
    )
    return chart


def budgets(used: Sequence[Budget]) -> altair.Chart:
    """Lines of what is left."""
    alt = _altair()
    rows = []
    for budget in used:
        left = budget.limit
        for day, units in budget.days:
            left -= units
            share = left / budget.limit if budget.limit else left
            rows.append({"budget": budget.budget, "day": day.isoformat(), "left": left, "share": share})
    chart: altair.Chart = (
        alt.Chart(alt.Data(values=_values(rows, "left", "share")))
        .mark_line()
        .encode(
            x=alt.X("day:T", title=None),
            y=alt.Y("share:Q", title="left", axis=alt.Axis(format="%"), scale=alt.Scale(domain=[0, 1])),
            color="budget:N",
            tooltip=["budget:N", "day:T", alt.Tooltip("left:Q", format=",.2f")],
        )
        .properties(width=600, height=220)
    )
    return chart


def sweep(rows: list[dict[str, Any]], path: str, currency: str) -> altair.Chart:
    """A line of totals."""
    alt = _altair()
    data = [{"value": row["value"], "total": row["total"]} for row in rows]
    chart: altair.Chart = (
        alt.Chart(alt.Data(values=_values(data, "total")))
        .mark_line(point=True)
        .encode(x=alt.X("value:N", title=path, sort=None), y=alt.Y("total:Q", title=currency), tooltip=["value:N", "total:Q"])
        .properties(width=480, height=240)
    )
    return chart


def histogram(rows: list[dict[str, Any]], currency: str) -> altair.Chart:
    """Bars of how many members gain or lose how much."""
    alt = _altair()
    data = [{"from": row["low"], "to": row["high"], "members": row["members"], "side": row["side"]} for row in rows]
    chart: altair.Chart = (
        alt.Chart(alt.Data(values=_values(data, "from", "to")))
        .mark_bar()
        .encode(
            x=alt.X("from:Q", bin="binned", title=f"change per member, {currency}"),
            x2="to:Q",
            y=alt.Y("members:Q", title="members"),
            color=alt.Color(
                "side:N",
                scale=alt.Scale(domain=["lose", "same", "gain"], range=["#e45756", "#bab0ac", "#54a24b"]),
                legend=None,
            ),
            tooltip=["from:Q", "to:Q", "members:Q"],
        )
        .properties(width=600, height=240)
    )
    return chart
