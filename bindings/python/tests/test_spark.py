"""PySpark on this machine gives the rows of one simulation."""

import os
import shutil
import sys

import pytest

import rewards

pyspark = pytest.importorskip("pyspark")
pl = pytest.importorskip("polars")
if not (shutil.which("java") or os.environ.get("JAVA_HOME")):
    if os.environ.get("CI") == "true":
        raise RuntimeError("Spark needs Java, and under CI no test is left out")
    pytest.skip("Spark needs Java", allow_module_level=True)

# Tasks run this very Python.
os.environ["PYSPARK_PYTHON"] = sys.executable

from rewards import spark as on_spark


@pytest.fixture(scope="module")
def session():
    from pyspark.sql import SparkSession

    session = (
        SparkSession.builder.master("local[2]")
        .config("spark.sql.shuffle.partitions", "3")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.driver.host", "127.0.0.1")
        .getOrCreate()
    )
    yield session
    session.stop()


@pytest.fixture(scope="module")
def unshared(shop):
    """The supermarket without its budgets."""
    files = {
        path: "\n".join(line for line in text.splitlines() if not line.strip().startswith("budget:"))
        for path, text in shop.files.items()
        if not path.endswith(".test.yaml")
    }
    return rewards.RuleSet.compile(files)


@pytest.fixture(scope="module")
def frame(session, purchases):
    table = pl.read_csv(purchases, infer_schema=False).sort("occurred_at", "transaction_id").head(2000)
    # In no order: tasks put it in order.
    return session.createDataFrame(table.sample(fraction=1, shuffle=True, seed=1).to_arrow()), table


def rows(table):
    return table.sort("date", "transaction_id").select("transaction_id", "user_id", "date", "tier", "total", "points", "rules")


def test_the_rows_are_those_of_one_machine(frame, session, unshared, members):
    given, table = frame
    crowd = session.createDataFrame(pl.read_csv(members, infer_schema=False).to_arrow())
    found = pl.DataFrame(on_spark.simulate(given, unshared, crowd, partitions=4).toArrow())
    due = unshared.simulate(table, members).to_polars()
    assert rows(found).equals(rows(due))


def test_a_shared_budget_is_refused_or_runs_in_one_task(frame, shop):
    given, table = frame
    with pytest.raises(rewards.SharedBudgetError, match=r"`program\.budget\.lifetime`"):
        on_spark.simulate(given, shop)
    found = pl.DataFrame(on_spark.simulate(given, shop, budgets="one_task").toArrow())
    assert rows(found).equals(rows(shop.simulate(table).to_polars()))


def test_an_id_of_two_members_is_found(session, unshared, frame):
    given, _ = frame
    first = given.limit(1).withColumn("user_id", pyspark.sql.functions.lit("somebody"))
    with pytest.raises(rewards.RewardsError, match="id_conflict"):
        on_spark.simulate(given.union(first), unshared)
