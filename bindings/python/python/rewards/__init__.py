"""Rules for cashback, loyalty and campaigns, exact to the cent.

>>> import rewards
>>> rules = rewards.RuleSet.load("rules/everyday-card")
>>> rules.evaluate({"id": "t1", "amount": "100.00", "currency": "USD", "category": "groceries",
...                 "occurred_at": "2026-03-02T10:00:00-05:00"})
>>> rules.simulate("purchases.parquet").cost("rule", "week")
>>> rewards.compare(rules, rules.with_values({"base.groceries.rate": "5%"}), "purchases.parquet")
"""

from ._account import Account, Redeemed, Standing
from ._compare import Comparison, compare
from ._errors import (
    ColumnError,
    EvaluationError,
    Finding,
    RewardsError,
    RowError,
    RulesError,
    SharedBudgetError,
)
from ._outcome import Component, Cut, Outcome, PointsComponent, Progress, Rejection, Totals, UsageChange
from ._rules import Graph, RuleSet, UsageKey
from ._simulation import Budget, CapUse, Cost, Interval, Reject, Result, Summary, Sweep
from ._table import Table

__all__ = [
    "Account",
    "Budget",
    "CapUse",
    "ColumnError",
    "Comparison",
    "Component",
    "Cost",
    "Cut",
    "EvaluationError",
    "Finding",
    "Graph",
    "Interval",
    "Outcome",
    "PointsComponent",
    "Progress",
    "Redeemed",
    "Reject",
    "Rejection",
    "Result",
    "RewardsError",
    "RowError",
    "RuleSet",
    "RulesError",
    "SharedBudgetError",
    "Standing",
    "Summary",
    "Sweep",
    "Table",
    "Totals",
    "UsageChange",
    "UsageKey",
    "compare",
]
