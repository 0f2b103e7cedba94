"""Simulations on PySpark: members are shared out over tasks, and each task runs the engine on its own.

What members share cannot be shared by tasks that know nothing of each other. Rules with a budget therefore run in one
task, if that is asked for, and are refused otherwise.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain
from typing import TYPE_CHECKING, Any, Literal, Optional

from ._errors import RewardsError, SharedBudgetError
from ._rules import RuleSet

if TYPE_CHECKING:
    import pyarrow
    from pyspark.sql import DataFrame

__all__ = ["simulate"]


def simulate(
    df: DataFrame,
    rules: RuleSet,
    members: Optional[DataFrame] = None,
    *,
    columns: Optional[Mapping[str, Optional[str]]] = None,
    member_columns: Optional[Mapping[str, Optional[str]]] = None,
    assume_program_timezone: bool = False,
    partitions: Optional[int] = None,
    budgets: Literal["refuse", "one_task"] = "refuse",
    check_ids: bool = True,
) -> DataFrame:
    """Runs the transactions of a data frame, a row of the answer for each, with the columns of ``Result.rows``.

    Rows may stand in any order; those of one member go to one task, which puts them in order of ``occurred_at`` (and of
    ``transaction_id`` where that is the same). The answer is that of :meth:`RuleSet.simulate` over the rows in that
    order, with these words about what needs all members at once:

    - **Budgets** are shared by all members. Rules that have one raise :class:`SharedBudgetError`, unless ``budgets`` is
      ``"one_task"``: then all rows go through one task in order of time.
    - **Ids** that two members use are an error of the second one in a stream. Tasks cannot see that; ``check_ids``
      looks for such ids first, which is one more pass, and raises.
    - **Bad rows** stop the job with the error of the task that met one first.

    ``members`` is a data frame of what is known of members beforehand; it is sent to every task, so it should be small
    against the transactions. ``partitions`` is the number of tasks; by default Spark's number of shuffle partitions.
    """
    names = {name: new for name, new in (columns or {}).items()}
    called = {new: old for old, new in names.items() if new is not None}
    user = called.get("user_id", "user_id")
    transaction = called.get("transaction_id", "transaction_id")
    at = called.get("occurred_at", "occurred_at")
    shared = rules._native.budgets()
    if shared and budgets != "one_task":
        raise SharedBudgetError(
            f"the members share {', '.join(f'`{key}`' for key in shared)}, and tasks of Spark cannot; "
            'budgets="one_task" runs everything in one task, rules.simulate(…) on one machine does so on all its cores'
        )
    if check_ids:
        _check_ids(df, transaction, user)
    crowd = None if members is None else members.toArrow()
    from pyspark.sql.pandas.types import from_arrow_schema

    schema = from_arrow_schema(_schema(rules))
    files = rules.files

    def run(batches: Iterator[pyarrow.RecordBatch]) -> Iterator[pyarrow.RecordBatch]:
        import pyarrow

        first = next(batches, None)
        if first is None:
            return
        stream = pyarrow.RecordBatchReader.from_batches(first.schema, chain([first], batches))
        result = RuleSet.compile(files).simulate(
            stream,
            crowd,
            workers=1,
            columns=names,
            member_columns=member_columns,
            assume_program_timezone=assume_program_timezone,
            progress=False,
        )
        yield from result.to_pyarrow().to_batches()

    if shared:
        parts = df.coalesce(1)
    elif partitions is None:
        parts = df.repartition(user)
    else:
        parts = df.repartition(partitions, user)
    # Instants that are written as text may have different offsets.
    from pyspark.sql import functions

    return parts.sortWithinPartitions(functions.col(at).cast("timestamp"), transaction).mapInArrow(run, schema)


def _schema(rules: RuleSet) -> Any:
    import pyarrow

    from . import _rewards

    run = _rewards.simulate(
        [rules._native],
        pyarrow.table({name: pyarrow.array([], pyarrow.string()) for name in _REQUIRED}),
        None,
        workers=1,
        collect=False,
        assume_program_timezone=False,
        columns={},
        member_columns={},
        uplift=[],
        explain=set(),
        progress=None,
    )[0]
    return pyarrow.table(run.table("transactions")).schema


_REQUIRED = ("transaction_id", "user_id", "amount", "currency", "occurred_at")


def _check_ids(df: DataFrame, transaction: str, user: str) -> None:
    from pyspark.sql import functions

    users = functions.count_distinct(functions.col(user)).alias("users")
    twice = df.groupBy(transaction).agg(users).where(functions.col("users") > 1).limit(5).collect()
    if twice:
        ids = ", ".join(f"`{row[0]}`" for row in twice)
        raise RewardsError(f"id_conflict: transactions of several members have the same id: {ids}")
