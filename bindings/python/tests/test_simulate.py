"""Many purchases: the rows of the command, from whatever speaks Arrow, on any number of cores."""

import csv
import io
import itertools
import json
import os
import pickle
import signal
import statistics
import subprocess
import sys
import textwrap
import threading
import time
from collections import Counter
from datetime import date
from decimal import Decimal

import pytest

import rewards
from conftest import PACKS

pl = pytest.importorskip("polars")
pa = pytest.importorskip("pyarrow")
pd = pytest.importorskip("pandas")
duckdb = pytest.importorskip("duckdb")
import pyarrow.csv
import pyarrow.parquet

RULES = """
program: shop
currency: USD
timezone: UTC
base:
  - {id: all, rate: 1%}
"""

HEADER = ["transaction_id", "user_id", "amount", "currency", "occurred_at"]


@pytest.fixture(scope="module")
def frame(purchases):
    return pl.read_csv(purchases, infer_schema=False).with_columns(
        pl.col("amount").cast(pl.Decimal(18, 2)),
        pl.col("occurred_at").str.to_datetime("%+", time_zone="UTC"),
    )


@pytest.fixture(scope="module")
def due(shop, purchases, members):
    return shop.simulate(purchases, members, workers=1)


def few(**changes):
    columns = {
        "transaction_id": ["t1", "t2", "t3"],
        "user_id": ["m1", "m2", "m1"],
        "amount": ["10.00", "20.00", "30.00"],
        "currency": ["USD"] * 3,
        "occurred_at": [f"2026-03-0{day}T10:00:00Z" for day in (1, 2, 3)],
    }
    return pa.table({**columns, **changes})


def lines(result):
    return [tuple(map(str, row.values())) for row in result.rows.to_dicts()]


def test_rows_and_summary_are_those_of_the_command(due, command, purchases, members, tmp_path):
    output, summary = tmp_path / "rewards.csv", tmp_path / "summary.json"
    command("simulate", "--rules", PACKS / "supermarket-loyalty", "--transactions", purchases, "--members", members,
            "--output", output, "--summary", summary)
    rows = due.rows.to_dicts()
    with open(output, newline="") as file:
        theirs = list(csv.DictReader(file))
    assert len(rows) == len(theirs) == 35713
    for ours, other in zip(rows, theirs):
        assert {name: str(ours[name]) for name in other} == other
    assert due._native.summary() == json.dumps(json.loads(summary.read_text()), separators=(",", ":"))
    assert due.summary.total == Decimal("7358.98") and due.summary.members == 300
    assert "7,358.98 USD" in str(due.summary) and due.summary.effective_rate == Decimal("0.013595")


@pytest.mark.parametrize("workers", [2, 3])
def test_the_answer_does_not_depend_on_the_workers(due, shop, purchases, members, workers):
    result = shop.simulate(purchases, members, workers=workers)
    assert result.summary == due.summary
    assert result.to_pyarrow().equals(due.to_pyarrow())
    assert result.components.to_pyarrow().equals(due.components.to_pyarrow())
    assert result.budgets == due.budgets


def test_whatever_speaks_arrow_goes_in(due, shop, purchases, members, frame, tmp_path):
    crowd = pl.read_csv(members, infer_schema=False)
    table = frame.to_arrow()
    pyarrow.parquet.write_table(table, tmp_path / "purchases.parquet", row_group_size=5000)
    connection = duckdb.connect()
    connection.register("purchases", table)
    given = {
        "polars": frame,
        "a lazy frame that was collected": frame.lazy().collect(),
        "pandas of arrow": table.to_pandas(types_mapper=pd.ArrowDtype),
        "pyarrow": table,
        "a stream of pyarrow": pa.RecordBatchReader.from_batches(table.schema, table.to_batches(max_chunksize=777)),
        "duckdb": connection.sql("SELECT * FROM purchases ORDER BY occurred_at, transaction_id"),
        "parquet": tmp_path / "purchases.parquet",
        "a path as text": str(tmp_path / "purchases.parquet"),
        "texts alone": pl.read_csv(purchases, infer_schema=False),
    }
    for name, rows in given.items():
        assert shop.simulate(rows, crowd).summary == due.summary, name
    pandas = table.to_pandas()
    assert pandas["amount"].dtype == object  # of Decimals
    assert shop.simulate(pandas, crowd.to_pandas()).summary == due.summary


def test_tables_come_out_as_arrow(due):
    schema = due.to_pyarrow().schema
    assert schema.field("total").type == pa.decimal128(19, 2) and schema.field("date").type == pa.date32()
    polars = due.to_polars()
    assert polars.schema["total"] == pl.Decimal(19, 2)
    assert polars["total"].sum() == due.summary.total
    pandas = due.to_pandas()
    assert isinstance(pandas["total"].iloc[0], Decimal) and pandas["total"].sum() == due.summary.total
    assert pl.DataFrame(due).equals(polars)
    components = due.components.to_polars()
    assert components["money"].sum() == due.summary.total and components["points"].sum() == due.summary.points
    nested = due.nested.to_polars()
    assert nested.drop("components").equals(polars)
    flat = nested.select("transaction_id", "components").explode("components").drop_nulls().unnest("components")
    assert flat.equals(components.select("transaction_id", "kind", "id", "money", "points"))
    total = duckdb.sql("SELECT sum(total) FROM polars").fetchall()[0][0]
    assert total == due.summary.total
    assert due.rows.to_dicts(1)[0]["date"] == date(2017, 1, 1)


def test_a_column_of_floats_is_refused_with_what_to_do():
    rules = rewards.RuleSet.compile(RULES)
    with pytest.raises(rewards.ColumnError, match=r'pl\.col\("amount"\)\.cast\(pl\.Decimal\(18, 2\)\)') as raised:
        rules.simulate(few(amount=[1.0, 2.0, 3.0]))
    assert (raised.value.column, raised.value.code) == ("amount", "wrong_type")


def test_columns_are_named_and_left_out():
    rules = rewards.RuleSet.compile(RULES)
    table = few().rename_columns(["transaction_id", "household", "amount", "currency", "occurred_at"])
    table = table.append_column("coupon", pa.array([0.5, None, 1.5]))
    with pytest.raises(rewards.ColumnError, match="there is no column `household`"):
        rules.simulate(table, columns={"coupon": None})
    result = rules.simulate(table, columns={"household": "user_id", "coupon": None})
    assert [row["user_id"] for row in result.rows.to_dicts()] == ["m1", "m2", "m1"]
    assert "tier" in rules.transaction_columns and "segments" in rules.member_columns


@pytest.mark.parametrize("workers", [1, 3])
def test_a_bad_row_stops_or_is_set_aside(workers):
    rules = rewards.RuleSet.compile(RULES)
    table = few(amount=["10.00", "2.345", "x"])
    with pytest.raises(rewards.RowError) as raised:
        rules.simulate(table, workers=workers)
    assert (raised.value.row, raised.value.transaction_id, raised.value.code) == (1, "t2", "amount_precision")
    assert "transactions: row 1 (transaction `t2`): amount_precision" in str(raised.value)
    result = rules.simulate(table, workers=workers, on_error="collect")
    assert [(bad.row, bad.code) for bad in result.rejects] == [(1, "amount_precision"), (2, "wrong_type")]
    assert result.summary.rejected == 2 and len(result) == 1
    with pytest.raises(ValueError, match="on_error"):
        rules.simulate(table, on_error="ignore")


def test_what_is_no_table_is_told():
    rules = rewards.RuleSet.compile(RULES)
    with pytest.raises(TypeError, match="__arrow_c_stream__"):
        rules.simulate([1, 2])
    with pytest.raises(FileNotFoundError):
        rules.simulate("nowhere.parquet")
    with pytest.raises(ValueError, match=r"ending in `\.csv`, `\.parquet`, `\.ndjson` or `\.jsonl`"):
        rules.simulate(__file__)
    with pytest.raises(rewards.ColumnError, match="the column `amount` is missing"):
        rules.simulate(few().drop_columns(["amount"]))


def test_a_damaged_file_is_an_error(tmp_path):
    rules = rewards.RuleSet.compile(RULES)
    (tmp_path / "a.parquet").write_bytes(b"PAR1 and nothing else")
    with pytest.raises(ValueError, match="cannot be read"):
        rules.simulate(tmp_path / "a.parquet")
    (tmp_path / "a.csv").write_bytes(b"transaction_id,\xff\n")
    with pytest.raises(ValueError, match=r"a\.csv:1: the header is not UTF-8$"):
        rules.simulate(tmp_path / "a.csv")


def test_an_empty_file_is_told_as_by_the_command(command, tmp_path):
    (tmp_path / "rules.yaml").write_text(RULES)
    path = tmp_path / "a.csv"
    path.write_text("")
    theirs = command("simulate", "--rules", tmp_path / "rules.yaml", "--transactions", path, check=False)
    for transactions, members in [(path, None), (few(), path)]:
        with pytest.raises(ValueError, match="a.csv is empty; a header is due in the first line") as raised:
            rewards.RuleSet.compile(RULES).simulate(transactions, members)
        assert f"error: {raised.value}\n" == theirs.stderr.decode()


def in_json(path, to):
    """A CSV file as newline-delimited JSON: amounts as numbers, empty cells as nothing."""
    with open(path, newline="") as file, open(to, "w") as out:
        for row in csv.DictReader(file):
            cells = [f"{json.dumps(key)}: {cell if key == 'amount' else json.dumps(cell)}" for key, cell in row.items() if cell]
            out.write("{" + ", ".join(cells) + "}\n")
    return to


@pytest.mark.parametrize("workers", [1, 3])
def test_lines_of_json_are_what_the_same_purchases_are_as_csv(due, shop, purchases, members, tmp_path, workers):
    rows, crowd = in_json(purchases, tmp_path / "p.ndjson"), in_json(members, tmp_path / "m.jsonl")
    result = shop.simulate(rows, str(crowd), workers=workers)
    assert result.summary == due.summary
    assert result.rows.to_dicts() == due.rows.to_dicts()
    change = rewards.compare(shop, shop.with_values({"base.fresh-food.rate": "2.5%"}), rows, crowd)
    same = rewards.compare(shop, shop.with_values({"base.fresh-food.rate": "2.5%"}), purchases, members)
    assert change.cost == same.cost != 0


def test_keys_of_json_are_named_and_left_out(tmp_path):
    rules = rewards.RuleSet.compile(RULES)
    row = '{"transaction_id": "t1", "household": 7, "amount": 10.00, "currency": "USD", "occurred_at": "2026-03-01T10:00:00Z"'
    (tmp_path / "a.ndjson").write_text(row + ', "coupon": [0.5]}\n')
    with pytest.raises(rewards.RowError, match="there is no column `household`"):
        rules.simulate(tmp_path / "a.ndjson")
    result = rules.simulate(tmp_path / "a.ndjson", columns={"household": "user_id", "coupon": None})
    assert [row["user_id"] for row in result.rows.to_dicts()] == ["7"]
    (tmp_path / "a.ndjson").write_text(row + ', "user_id": "m1"}\n')
    with pytest.raises(rewards.RowError, match="another key is called `user_id`"):
        rules.simulate(tmp_path / "a.ndjson", columns={"household": "user_id"})


def their_rejects(command, tmp_path, path):
    (tmp_path / "rules.yaml").write_text(RULES)
    to = tmp_path / "rejects.ndjson"
    asked = ["--rules", tmp_path / "rules.yaml", "--transactions", path, "--rejects", to, "--output", tmp_path / "out.csv"]
    assert command("simulate", *asked, check=False).returncode == 1
    return [(bad["line"], bad["code"], bad["reason"]) for bad in map(json.loads, to.read_text().splitlines())]


@pytest.mark.parametrize("workers", [1, 3])
def test_bad_lines_of_json_are_those_of_the_command(command, tmp_path, workers):
    good = [dict(zip(HEADER, [f"t{day}", "m1", "10.00", "USD", f"2026-03-0{day}T10:00:00Z"])) for day in range(1, 6)]
    lines = [json.dumps(row) for row in good]
    lines[1] = lines[1][:-1]
    lines[2] = lines[2].replace("amount", "amuont")
    lines[3] = lines[3].replace('"USD"', "5")
    path = tmp_path / "a.ndjson"
    path.write_text("\n" + "\n".join(lines) + "\n[1]\n")
    rules = rewards.RuleSet.compile(RULES)
    with pytest.raises(rewards.RowError, match=r"a\.ndjson:3: invalid_syntax: this is not a JSON object") as raised:
        rules.simulate(path, workers=workers)
    assert (raised.value.line, raised.value.row, raised.value.transaction_id) == (3, 1, "")
    result = rules.simulate(path, workers=workers, on_error="collect")
    ours = [(bad.line, bad.code, bad.message.removeprefix(f"{bad.code}: ")) for bad in result.rejects]
    assert [line for line, _, _ in ours] == [3, 4, 5, 7]
    assert ours == their_rejects(command, tmp_path, path)
    assert [row["transaction_id"] for row in result.rows.to_dicts()] == ["t1", "t5"] and result.summary.rejected == 4


@pytest.mark.parametrize("workers", [1, 3])
def test_a_row_of_csv_with_too_few_or_too_many_cells_is_a_bad_row(command, tmp_path, workers):
    rows = [[f"t{day}", "m1", "10.00", "USD", f"2026-03-0{day}T10:00:00Z"] for day in range(1, 6)]
    rows[1].pop()
    rows[3].append("more")
    path = tmp_path / "a.csv"
    path.write_text("\n".join(map(",".join, [HEADER, *rows])) + '\nt6,"m1\nm2\n')
    rules = rewards.RuleSet.compile(RULES)
    with pytest.raises(rewards.RowError, match=r"a\.csv:3: invalid_syntax: this row has 4 cells, the header has 5") as raised:
        rules.simulate(path, workers=workers)
    assert (raised.value.line, raised.value.row, raised.value.code) == (3, 1, "invalid_syntax")
    copy = pickle.loads(pickle.dumps(raised.value))
    assert (copy.line, copy.row) == (3, 1)
    result = rules.simulate(path, workers=workers, on_error="collect")
    ours = [(bad.line, bad.code, bad.message.removeprefix(f"{bad.code}: ")) for bad in result.rejects]
    assert [line for line, _, _ in ours] == [3, 5, 7]
    assert ours == their_rejects(command, tmp_path, path)
    assert [row["transaction_id"] for row in result.rows.to_dicts()] == ["t1", "t3", "t5"]
    (tmp_path / "m.csv").write_text("user_id,country\nm1,US\nm2\n")
    with pytest.raises(rewards.RowError, match=r"m\.csv:3: invalid_syntax: this row has 1 cells"):
        rules.simulate(few(), tmp_path / "m.csv")


def test_what_python_raises_while_it_makes_rows_is_raised():
    def batches():
        yield few().to_batches()[0]
        raise RuntimeError("no more")

    rules = rewards.RuleSet.compile(RULES)
    stream = pa.RecordBatchReader.from_batches(few().schema, batches())
    with pytest.raises(Exception, match="no more"):
        rules.simulate(stream)


def test_a_refund_and_a_repeat_count_once():
    rules = rewards.RuleSet.compile(RULES)
    table = few(
        transaction_id=["t1", "t1", "r1"],
        user_id=["m1"] * 3,
        amount=["10.00", "10.00", "5.00"],
        occurred_at=["2026-03-01T10:00:00Z", "2026-03-01T10:00:00Z", "2026-03-03T10:00:00Z"],
        type=["purchase", "purchase", "refund"],
        original_transaction_id=["", "", "t1"],
    )
    for workers in (1, 2):
        result = rules.simulate(table, workers=workers)
        assert [str(row["total"]) for row in result.rows.to_dicts()] == ["0.10", "-0.05"]
        assert (result.summary.repeated, result.summary.refunds) == (1, 1)


def test_costs_by_rule_tier_week_and_segment(due):
    by_rule = {row["rule"]: row for row in due.cost("rule").to_dicts()}
    for cost in due.summary.by_rule:
        assert (by_rule[cost.id]["money"], by_rule[cost.id]["points"]) == (cost.money, cost.points)
    weeks = due.cost("week").to_dicts()
    assert [row["week"] for row in weeks] == sorted(row["week"] for row in weeks) and weeks[0]["week"] == "2016-W52"
    assert sum(row["money"] for row in weeks) == due.summary.total
    assert sum(row["transactions"] for row in due.cost("tier", "month").to_dicts()) == 35713
    months = {row["month"]: row["money"] for row in due.cost("month").to_dicts()}
    assert months == {cost.id: cost.money for cost in due.summary.by_month}
    segments = {row["segment"] for row in due.cost("segment").to_dicts()}
    assert {"families", None} <= segments
    assert len(due.cost("user_id")) == 300
    with pytest.raises(ValueError, match="costs cannot be told by `store`"):
        due.cost("store")


BUDGET = """
program: shop
currency: USD
timezone: UTC
base: [{id: all, rate: 1%}]
campaigns:
  - {campaign: gift, type: fixed, reward: {fixed: 2.00}, caps: {budget: 7.00}}
  - {campaign: later, type: fixed, reward: {fixed: 1.00}, caps: {budget: 100.00}}
"""


@pytest.mark.parametrize("workers", [1, 2, 3])
def test_a_budget_is_given_in_the_order_of_the_rows(workers):
    rules = rewards.RuleSet.compile(BUDGET)
    days = range(1, 11)
    table = pa.table(
        {
            "transaction_id": [f"t{day:02}" for day in days],
            "user_id": [f"m{day}" for day in days],
            "amount": ["1.00"] * 10,
            "currency": ["USD"] * 10,
            "occurred_at": [f"2026-03-{day:02}T10:00:00Z" for day in days],
        }
    )
    result = rules.simulate(table, workers=workers)
    assert [str(row["campaign"]) for row in result.rows.to_dicts()] == ["3.00"] * 3 + ["2.00"] + ["1.00"] * 6
    gift, later = result.budgets
    assert (gift.budget, gift.used, gift.left, gift.exhausted_on) == (
        "campaign.gift.budget.campaign", Decimal("7.00"), Decimal("0.00"), date(2026, 3, 4)
    )
    # 10.00 of 100.00 in the last 28 days: 90.00 more take 252 days.
    assert later.exhausted_on is None and later.forecast == date(2026, 11, 17)
    assert later.share == Decimal("0.1000") and gift.forecast is None


def test_an_interval_is_the_same_for_the_same_seed(due):
    one, same, other = due.interval(seed=1), due.interval(seed=1), due.interval(seed=2)
    assert one == same and one != other
    assert one.value == due.summary.total and one.low < one.value < one.high
    wide = due.interval(seed=1, level="0.99")
    assert wide.low <= one.low and wide.high >= one.high
    cost = {cost.id: cost for cost in due.summary.by_rule}
    assert due.interval("fresh-food", samples=50).value == cost["fresh-food"].money
    assert due.interval(points=True, samples=50).value == due.summary.points
    with pytest.raises(ValueError, match="level"):
        due.interval(level=2)
    with pytest.raises(TypeError, match="float"):
        due.interval(level=0.95)


def test_an_interval_of_a_rule_that_is_none_is_refused(due):
    with pytest.raises(KeyError, match=r"unknown_rule: there is no rule `fresh-fod`; did you mean `fresh-food`\?"):
        due.interval("fresh-fod")
    with pytest.raises(KeyError, match="unknown_rule: there is no rule `x`; known are .*fresh-food"):
        due.interval("x")
    with pytest.raises(ValueError, match=r"other_unit: the rule `fresh-food` grants money and no points; ask without points=True"):
        due.interval("fresh-food", points=True)
    points, granted = next((cost.id, cost.points) for cost in due.summary.by_rule if cost.points and not cost.money)
    assert due.interval(points, points=True, samples=50).value == granted
    with pytest.raises(ValueError, match="grants points and no money; ask with points=True"):
        due.interval(points)


def test_a_sweep_is_a_simulation_for_each_value(shop, purchases, members, due):
    path = "base.fresh-food.rate"
    assert path in shop.values
    sweep = shop.sweep(path, ["0%", "1%", "2%"], purchases, members, workers=2)
    for value, result in zip(sweep.values, sweep):
        assert result.summary == shop.with_values({path: value}).simulate(purchases, members).summary
    totals = [row["total"] for row in sweep.table]
    assert totals == sorted(totals) and len(set(totals)) == 3
    assert "0%" in repr(sweep) and "<td" in sweep._repr_html_()


def test_progress_is_told_as_to_tqdm(due, shop, purchases, members, frame):
    class Bar:
        def __init__(self, **options):
            self.options, self.n, self.total, self.closed = options, 0, options.get("total"), False

        def update(self, n):
            self.n += n

        def close(self):
            self.closed = True

    made = []
    shop.simulate(frame, members, progress=lambda **options: made.append(Bar(**options)) or made[-1])
    assert (made[0].n, made[0].total, made[0].closed) == (35713, 35713, True)
    own = Bar()
    shop.simulate(purchases, members, progress=own)
    assert own.n == 35713 and not own.closed
    with pytest.raises(TypeError, match="progress"):
        shop.simulate(purchases, members, progress=3)


def test_other_threads_go_on_meanwhile(shop, frame, members):
    ran = Counter()
    over = threading.Event()

    def count():
        while not over.is_set():
            ran["times"] += 1
            time.sleep(0)

    thread = threading.Thread(target=count)
    thread.start()
    try:
        before = ran["times"]
        shop.simulate(frame, members)
        during = ran["times"] - before
    finally:
        over.set()
        thread.join()
    assert during > 20


def test_ctrl_c_stops_it_within_few_chunks():
    # Progress is told every 100 ms. At the first time a thread asks to stop; what is told then are the rows that were
    # posted since. They are compared with those of the first 100 ms, and not with a clock; most of a second of them is what
    # a busy machine may make of it.
    script = textwrap.dedent(
        """\
        import os, signal, sys, threading, pyarrow as pa, rewards
        rules = rewards.RuleSet.compile(sys.argv[1])
        count = 2_000_000
        table = pa.table({
            "transaction_id": pa.array(f"t{row:012}" for row in range(count)),
            "user_id": pa.array(f"m{row % 999}" for row in range(count)),
            "amount": ["1.00"] * count, "currency": ["USD"] * count, "occurred_at": ["2026-03-01T10:00:00Z"] * count})
        class Bar:
            def __init__(self):
                self.told, self.begun = [], threading.Event()
            def update(self, n):
                self.told.append(n)
                self.begun.set()
            def close(self):
                pass
        def stop(begun):
            begun.wait()
            os.kill(os.getpid(), signal.SIGINT)
        for _ in range(5):
            bar = Bar()
            thread = threading.Thread(target=stop, args=(bar.begun,))
            thread.start()
            try:
                rules.simulate(table, progress=bar)
                print("never stopped", flush=True)
            except KeyboardInterrupt:
                print(bar.told[0], sum(bar.told[1:]), flush=True)
            thread.join()
        """
    )
    child = subprocess.run([sys.executable, "-c", script, RULES], stdout=subprocess.PIPE, text=True, timeout=300, check=True)
    rows = [tuple(map(int, line.split())) for line in child.stdout.splitlines()]
    assert len(rows) == 5
    assert statistics.median(after / first for first, after in rows) <= 5, rows


def test_ctrl_c_stops_an_endless_table():
    # An endless table: only the signal can end it. The bound is that of the test run, far above the promise.
    script = textwrap.dedent(
        """\
        import sys, pyarrow as pa, rewards
        rules = rewards.RuleSet.compile(sys.argv[1])
        columns = ["transaction_id", "user_id", "amount", "currency", "occurred_at"]
        schema = pa.schema([(name, pa.string()) for name in columns])
        def batches():
            number = 0
            while True:
                rows = range(number, number + 50000)
                number += 50000
                yield pa.record_batch([
                    pa.array([f"t{row:012}" for row in rows]), pa.array([f"m{row % 999}" for row in rows]),
                    pa.array(["1.00"] * 50000), pa.array(["USD"] * 50000),
                    pa.array(["2026-03-01T10:00:00Z"] * 50000)], schema=schema)
                print("batch", flush=True)
        try:
            rules.simulate(pa.RecordBatchReader.from_batches(schema, batches()))
        except KeyboardInterrupt:
            print("stopped", flush=True)
            sys.exit(7)
        """
    )
    child = subprocess.Popen([sys.executable, "-c", script, RULES], stdout=subprocess.PIPE, text=True)
    try:
        for _ in range(2):
            assert child.stdout.readline() == "batch\n"
        os.kill(child.pid, signal.SIGINT)
        told = child.communicate(timeout=60)[0]
    finally:
        child.kill()
    assert told.endswith("stopped\n") and child.returncode == 7


def test_ctrl_c_is_seen_among_members():
    # The table is one batch, and its last row is bad: whoever reads on to the end raises that.
    script = textwrap.dedent(
        """\
        import signal, sys, pyarrow as pa, rewards
        rules = rewards.RuleSet.compile(sys.argv[1])
        members = pa.table({"user_id": pa.array([*(f"m{row}" for row in range(2_000_000)), None])})
        signal.signal(signal.SIGVTALRM, signal.default_int_handler)
        signal.setitimer(signal.ITIMER_VIRTUAL, 0.05)
        try:
            rules.simulate("nowhere.csv", members)
        except KeyboardInterrupt:
            print("stopped", flush=True)
        """
    )
    child = subprocess.run([sys.executable, "-c", script, RULES], stdout=subprocess.PIPE, text=True, timeout=300, check=True)
    assert child.stdout == "stopped\n"


def test_a_transaction_is_explained_where_it_stands_in_the_stream(shop, purchases, members):
    rows = {row["transaction_id"]: row for row in shop.simulate(purchases, members).rows.to_dicts()}
    cut = next(row for row in rows.values() if row["total"] and "mailer" in row["rules"])
    for workers in (1, 2):
        result = shop.simulate(purchases, members, workers=workers, explain=[cut["transaction_id"]])
        outcome = result.outcomes[cut["transaction_id"]]
        assert len(result.outcomes) == 1
        assert (outcome.total, outcome.totals.points) == (cut["total"], cut["points"])
        assert outcome.rejected and "Why" in outcome.explain() or "why" in outcome.explain()


def test_results_show_themselves(due):
    assert "35,713 purchases" in repr(due) and "fresh-food" in due._repr_html_()
    assert repr(due.cost("tier")).splitlines()[0].split()[:2] == ["tier", "transactions"]
    assert "more rows" in repr(due.rows) and "<th>transaction_id</th>" in due.rows._repr_html_()


def test_results_plot_themselves(due, shop, purchases, members):
    pytest.importorskip("altair")
    spec = json.loads(due.plot("month").to_json())
    assert {row["rule"] for row in spec["data"]["values"]} >= {"fresh-food"}
    assert json.loads(due.plot_budgets().to_json())["data"]["values"]
    sweep = shop.sweep("base.fresh-food.rate", ["0%", "1%"], purchases, members)
    assert len(json.loads(sweep.plot().to_json())["data"]["values"]) == 2


NOTES = 16_000
"""Rows of a file with a wide note each."""


def wide_file(path):
    """A file with a column of 8,000 characters beside few others."""
    text = os.urandom(4_000).hex()
    notes = (text[at % 8_000 :] + text[: at % 8_000] for at in range(NOTES))
    rows = ((f"t{at}", f"m{at % 50}", note, "10.00", "USD", "2026-03-01T10:00:00Z") for at, note in enumerate(notes))
    names = ["transaction_id", "user_id", "note", "amount", "currency", "occurred_at"]
    if path.suffix == ".csv":
        with path.open("w", newline="") as file:
            csv.writer(file).writerows(itertools.chain([names], rows))
    elif path.suffix == ".ndjson":
        with path.open("w") as file:
            file.writelines(json.dumps(dict(zip(names, row))) + "\n" for row in rows)
    else:
        schema = pa.schema([(name, pa.string()) for name in names])
        with pa.parquet.ParquetWriter(path, schema, compression="none", use_dictionary=False) as writer:
            while part := list(itertools.islice(rows, 2_000)):
                writer.write_table(pa.table(dict(zip(names, map(list, zip(*part)))), schema=schema))


@pytest.mark.skipif(not os.path.exists("/proc/self/status"), reason="the highest use of memory is read from /proc")
@pytest.mark.parametrize("ending", ["csv", "ndjson", "parquet"])
@pytest.mark.parametrize("workers", [1, 4])
def test_a_file_is_read_as_a_stream(tmp_path, ending, workers):
    path = tmp_path / f"purchases.{ending}"
    wide_file(path)
    script = """
        import sys
        import rewards

        def highest():
            # Of this program alone: what a child is said to have used at most begins with what its parent used.
            with open("/proc/self/status") as status:
                return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM:"))

        rules = rewards.RuleSet.compile(sys.argv[2])
        before = highest()
        result = rules.simulate(sys.argv[1], columns={"note": None}, workers=int(sys.argv[3]))
        print(result.summary.purchases, result.summary.total, highest() - before)
    """
    arguments = [sys.executable, "-c", textwrap.dedent(script), str(path), RULES, str(workers)]
    ran = subprocess.run(arguments, capture_output=True, text=True, timeout=300)
    size = path.stat().st_size
    path.unlink()
    assert ran.returncode == 0, ran.stderr
    purchases, total, grown = ran.stdout.split()
    assert (purchases, total) == (f"{NOTES}", "1600.00")
    assert int(grown) < size / 4, f"{grown} bytes more for a file of {size}"
