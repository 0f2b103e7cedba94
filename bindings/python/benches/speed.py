"""`make bench`: a million stateful purchases of 50,000 members, as ratios within one run.

The workload's rules (rewards-rules/benches/workload) over a year of purchases from a fixed seed, by:

- the package, on one core and on all;
- the engine called from Rust over the same Parquet file (`REWARDS_SPREAD` names the program; the Makefile builds it);
- hand-written polars expressions on one core, which do less: no state, no caps of a month, no reasons;
- a loop in Python with `Decimal`, with the same state, over every tenth member.

Everything that keeps state has to grant the same cents. REWARDS_ROWS and REWARDS_ROUNDS make it smaller or longer.
"""

import datetime
import json
import os
import pathlib
import random
import statistics
import subprocess
import sys
import tempfile
import time
from decimal import ROUND_HALF_EVEN, Decimal

os.environ.setdefault("POLARS_MAX_THREADS", "1")

import polars as pl

import rewards

ROOT = pathlib.Path(__file__).resolve().parents[3]
RULES = ROOT / "rewards-rules" / "benches" / "workload" / "rules.yaml"
ROWS = int(os.environ.get("REWARDS_ROWS", "1000000"))
ROUNDS = int(os.environ.get("REWARDS_ROUNDS", "3"))
MEMBERS = max(ROWS // 20, 10)
TIERS = ["bronze", "silver", "gold", "platinum"]
PARTNERS = [f"m{number:03}" for number in range(3, 200, 14)]
CATEGORIES = ["groceries"] * 3 + ["dining"] * 2 + ["fuel", "travel", "online", "books", "toys"]
RATES = {"groceries": 300, "dining": 400, "fuel": 200, "travel": 500, "online": 150}
BONUS = {"bronze": 0, "silver": 25, "gold": 50, "platinum": 100}


def purchases():
    dice = random.Random(20260101)
    tiers = [dice.choice(TIERS) for _ in range(MEMBERS)]
    columns = {name: [] for name in ("user_id", "cents", "category", "merchant", "country", "channel", "tier")}
    for _ in range(ROWS):
        member = dice.randrange(MEMBERS)
        kind = dice.randrange(100)
        cents = 100 + dice.randrange(6000) if kind < 70 else 3000 + dice.randrange(27000)
        columns["user_id"].append(f"u{member:06}")
        columns["cents"].append(cents if kind < 95 else 30000 + dice.randrange(170000))
        columns["category"].append(dice.choice(CATEGORIES))
        columns["merchant"].append(f"m{dice.randrange(200):03}")
        columns["country"].append(dice.choice(["CA", "DE", "FR", "GB", "MX"]) if dice.randrange(5) == 0 else "US")
        columns["channel"].append("online" if dice.randrange(3) == 0 else "store")
        columns["tier"].append(tiers[member])
    start = datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc)
    step = datetime.timedelta(days=365) / ROWS
    return pl.DataFrame(columns).select(
        transaction_id=pl.format("t{}", pl.int_range(ROWS).cast(pl.String).str.zfill(8)),
        user_id="user_id",
        amount=pl.col("cents").cast(pl.Decimal(18, 0)).cast(pl.Decimal(18, 2)) / 100,
        currency=pl.lit("USD"),
        occurred_at=pl.Series([start + step * number for number in range(ROWS)]).dt.truncate("1s"),
        category="category",
        merchant="merchant",
        country="country",
        channel="channel",
        tier="tier",
        cents="cents",
    ).with_columns(pl.col("amount").cast(pl.Decimal(18, 2)))


def half_even(cents, rate):
    """cents x rate / 10000, rounded half even, in whole numbers."""
    product = cents * rate
    whole, rest = product // 10000, product % 10000
    up = (rest > 5000) | ((rest == 5000) & (whole % 2 == 1))
    return whole + up.cast(pl.Int64)


def by_polars(frame):
    """The rules without state on integers: what a purchase brings if nothing was used before."""
    amount = pl.col("cents")
    cap = lambda value, most: pl.min_horizontal(value, pl.lit(most))
    where = lambda condition, value: pl.when(condition).then(value).otherwise(0)
    rate = pl.col("category").replace_strict(RATES, default=100, return_dtype=pl.Int64)
    bonus = pl.col("tier").replace_strict(BONUS, return_dtype=pl.Int64)
    parts = frame.select(
        base=half_even(amount, rate),
        loyalty=half_even(amount, bonus),
        weekend=where(
            (pl.col("occurred_at").dt.weekday() >= 6) & (pl.col("category") == "dining"), cap(half_even(amount, 200), 1000)
        ),
        threshold=where(amount >= 10000, 100),
        partner=where(pl.col("merchant").is_in(PARTNERS), cap(half_even(amount, 300), 3000)),
        abroad=where((pl.col("country") != "US") & (pl.col("channel") == "online"), cap(half_even(amount, 100), 500)),
        ticket=where(amount > 50000, cap(half_even(amount, 50), 400)),
    )
    return parts.with_columns(total=cap(pl.sum_horizontal(pl.all()), 5000))["total"].sum()


CENT = Decimal("0.01")


def by_loop(rows):
    """The same rules with state, as a careful programmer writes them in Python."""
    rates = {name: Decimal(rate) / 10000 for name, rate in RATES.items()}
    bonuses = {name: Decimal(rate) / 10000 for name, rate in BONUS.items()}
    partners, one, zero = set(PARTNERS), Decimal("0.01"), Decimal("0.00")
    state, all_granted = {}, zero
    share = lambda amount, rate: (amount * rate).quantize(CENT, ROUND_HALF_EVEN)
    for user, amount, at, category, merchant, country, channel, tier in rows:
        month = (at.year, at.month)
        kept = state.get(user)
        if kept is None:
            kept = state[user] = [None, 0, zero, zero, zero]
        if kept[0] != month:
            kept[0], kept[2], kept[3], kept[4] = month, zero, zero, zero
        parts = [share(amount, rates.get(category, one)), share(amount, bonuses[tier])] + [zero] * 6
        if category == "dining" and at.weekday() >= 5:
            parts[2] = min(share(amount, Decimal("0.02")), Decimal("10.00"), max(Decimal("50.00") - kept[3], zero))
        if amount >= 100:
            parts[3] = Decimal("1.00")
        if merchant in partners:
            parts[4] = min(share(amount, Decimal("0.03")), max(Decimal("30.00") - kept[4], zero))
        if kept[1] == 0:
            parts[5] = Decimal("5.00")
        if country != "US" and channel == "online":
            parts[6] = min(share(amount, Decimal("0.01")), Decimal("5.00"))
        if amount > 500:
            parts[7] = min(share(amount, Decimal("0.005")), Decimal("4.00"))
        total = sum(parts)
        for limit in (Decimal("50.00"), Decimal("200.00") - kept[2]):
            excess = total - limit
            if excess > 0:
                # The last are cut first.
                for part in range(7, -1, -1):
                    cut = min(excess, parts[part])
                    parts[part] -= cut
                    excess -= cut
                total = limit
        kept[1] += 1
        kept[2] += total
        kept[3] += parts[2]
        kept[4] += parts[4]
        all_granted += total
    return all_granted


def timed(work):
    begun = time.perf_counter()
    answer = work()
    return time.perf_counter() - begun, answer


def summed(result):
    return result, result.summary.total


def main():
    frame = purchases()
    rules = rewards.RuleSet.load(RULES)
    given = frame.drop("cents")
    tenth = frame.filter(pl.col("user_id").str.ends_with("0"))
    columns = ("user_id", "amount", "occurred_at", "category", "merchant", "country", "channel", "tier")
    loop_rows = list(tenth.select(columns).iter_rows())
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    times, cents = {}, {}

    def note(name, seconds, rows, granted=None):
        times.setdefault(name, []).append(seconds / rows)
        if granted is not None:
            assert cents.setdefault(granted[0], granted[1]) == granted[1], (name, cents, granted)

    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, "purchases.parquet")
        given.write_parquet(path, compression="zstd")
        lines = pathlib.Path(folder, "purchases.csv")
        given.write_csv(lines, datetime_format="%Y-%m-%dT%H:%M:%SZ")
        for _ in range(ROUNDS):
            for workers in sorted({1, cores}):
                name = "package, one core" if workers == 1 else f"package, {cores} cores"
                # The sums are timed, as from Rust; freeing what was simulated is not.
                seconds, (result, granted) = timed(lambda: summed(rules.simulate(given, workers=workers)))
                note(name, seconds, ROWS, ("all", granted))
                seconds, table = timed(result.to_pyarrow)
                note(f"{name}, rows as Arrow afterwards", seconds, ROWS)
                del result, table
            for file in (path, lines):
                for workers in sorted({1, cores}):
                    seconds, (result, granted) = timed(lambda: summed(rules.simulate(file, workers=workers)))
                    name = "one core" if workers == 1 else f"{cores} cores"
                    note(f"package, a {file.suffix[1:]} file, {name}", seconds, ROWS, ("all", granted))
                    del result
            program = os.environ.get("REWARDS_SPREAD")
            if program:
                ran = subprocess.run([program, RULES, path, str(cores)], check=True, capture_output=True, text=True)
                for line in ran.stdout.splitlines():
                    told = json.loads(line)
                    note(told["name"], told["seconds"], ROWS, ("all", Decimal(told["total"])))
            note("polars by hand, one core, no state", timed(lambda: by_polars(frame))[0], ROWS)
            seconds, granted = timed(lambda: by_loop(loop_rows))
            note("Python loop with Decimal", seconds, len(loop_rows), ("tenth", granted))
    granted = rules.simulate(tenth.drop("cents")).summary.total
    assert cents["tenth"] == granted, f"the loop grants {cents['tenth']}, the package {granted}"
    medians = {name: statistics.median(seconds) for name, seconds in times.items()}
    print(f"{ROWS:,} purchases of {MEMBERS:,} members, {ROUNDS} rounds, {cores} cores\n")
    for name, seconds in medians.items():
        print(f"{name:45}{seconds * 1e9:9.0f} ns a purchase")
    print()
    ratio("Python loop with Decimal", "package, one core", "at least 15", medians)
    ratio("polars by hand, one core, no state", "package, one core", "above 1", medians)
    ratio("package, one core", "Rust, one core", "at most 1.3", medians)
    ratio(f"package, {cores} cores", f"Rust, {cores} cores", "at most 1.3", medians)
    ratio("package, one core", f"package, {cores} cores", "", medians)


def ratio(over, under, aim, medians):
    if over in medians and under in medians:
        print(f"{over} / {under}: {medians[over] / medians[under]:.2f}" + (f"   (aim: {aim})" if aim else ""))


if __name__ == "__main__":
    sys.exit(main())
