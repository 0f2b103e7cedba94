"""PySpark on this machine gives the rows of one simulation."""

import os
import re
import shutil
import subprocess
import sys

import pytest

import rewards
from conftest import ROOT

pyspark = pytest.importorskip("pyspark")
pl = pytest.importorskip("polars")
JAVA = 17
"""The version of Java that Spark 4 needs, or a later one."""


def major(told):
    """The major version in what `java -version` prints; None if there is none."""
    found = re.search(r'version "(?:1\.)?(\d+)', told)
    return int(found[1]) if found else None


def why_not():
    """Why Spark cannot run here; None if it can."""
    home = os.environ.get("JAVA_HOME")
    java = os.path.join(home, "bin", "java") if home else shutil.which("java")
    if java is None or not os.path.exists(java):
        return f"Spark needs Java {JAVA} or later, and there is none at {java or 'java on PATH, and JAVA_HOME is not set'}"
    told = subprocess.run([java, "-version"], capture_output=True, text=True, timeout=60).stderr
    found = major(told)
    if found is None or found < JAVA:
        return f"Spark needs Java {JAVA} or later, and {java} is Java {found if found else told.strip()}"
    return None


REASON = why_not()
if REASON is not None:
    if os.environ.get("CI") == "true":
        raise RuntimeError(f"{REASON}; under CI no test is left out")
    pytest.skip(REASON, allow_module_level=True)

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


@pytest.mark.parametrize(
    ("told", "due"),
    [
        ('openjdk version "17.0.15" 2025-04-15', 17),
        ('openjdk version "25" 2025-09-16', 25),
        ('java version "1.8.0_411"', 8),
        ("Unable to locate a Java Runtime", None),
    ],
)
def test_the_version_of_java_is_read(told, due):
    assert major(told) == due


def test_the_guide_names_the_version_of_java():
    guide = (ROOT / "docs" / "python.md").read_text(encoding="utf-8")
    assert f"Java {JAVA} or later" in guide
    assert pyspark.__version__.split(".")[0] == "4"
