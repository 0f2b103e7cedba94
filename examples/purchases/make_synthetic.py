#!/usr/bin/env python3
"""Make synthetic supermarket purchases of the same shape as make_purchases.py.

Nothing in them comes from real households: baskets, amounts and times are drawn from the
distributions written below, which were chosen by hand. The same options always give the same bytes.
"""

import argparse
import csv
import datetime
import random
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("America/New_York")

# department: chance to be in a basket, middle amount in cents, spread (the larger, the longer the tail)
DEPARTMENTS = {
    "grocery": (0.80, 1050, 0.95),
    "drug-gm": (0.42, 560, 0.90),
    "produce": (0.33, 440, 0.70),
    "meat-pckgd": (0.21, 520, 0.60),
    "meat": (0.20, 800, 0.65),
    "deli": (0.13, 540, 0.60),
    "pastry": (0.11, 330, 0.50),
    "fuel": (0.08, 2400, 0.45),
    "nutrition": (0.06, 430, 0.65),
    "seafood-pckgd": (0.033, 600, 0.50),
    "salad-bar": (0.031, 330, 0.40),
    "miscellaneous": (0.030, 1100, 0.90),
    "cosmetics": (0.019, 520, 0.60),
    "floral": (0.014, 850, 0.60),
    "seafood": (0.013, 730, 0.55),
    "spirits": (0.007, 1000, 0.45),
    "garden-center": (0.003, 950, 0.70),
}
# How many shop in each hour of the day, 0 to 23.
HOURS = [1, 1, 0, 0, 0, 1, 2, 4, 7, 10, 13, 15, 16, 16, 16, 17, 19, 21, 19, 15, 11, 7, 4, 2]
WEEKDAYS = [13, 12, 13, 13, 15, 18, 16]            # Monday to Sunday
AGES = ["age-19-24", "age-25-34", "age-35-44", "age-45-54", "age-55-64", "age-65-plus"]
# Mailings to households: id and the share of households that is in them.
MAILINGS = [("mailer-8", 0.44), ("mailer-13", 0.44), ("mailer-18", 0.46), ("mailer-22", 0.11)]


def pick(rng, weights):
    """An index, by weight. Only rng.random() is used: its sequence is the same everywhere."""
    point = rng.random() * sum(weights)
    for index, weight in enumerate(weights):
        point -= weight
        if point < 0:
            return index
    return len(weights) - 1


def tail(rng, spread):
    """About 1, always above 0, with a long tail: the nearer `spread` is to 1, the longer."""
    u = rng.random() + rng.random() + rng.random() - 1.5      # -1.5 to 1.5, middle 0
    factor = 1.0 + abs(u) * 2.0 * spread
    factor = factor * factor
    return factor if u > 0 else 1.0 / factor


def money(cents):
    return f"{cents // 100}.{cents % 100:02d}"


def make_households(rng, count):
    households = []
    for number in range(1, count + 1):
        visits = 6 + int(150 * rng.random() * rng.random() * (0.6 + rng.random()))
        known = rng.random() < 0.4
        segments = []
        if known:
            segments.append(AGES[pick(rng, [1, 3, 5, 7, 2, 2])])
            segments.append("families" if rng.random() < 0.35 else "couples-and-singles")
        households.append({
            "id": f"h{number}",
            "visits": visits,
            "size": 0.6 + 1.1 * rng.random(),
            "store": 300 + pick(rng, [1] * 40),
            "segments": segments,
            "enrolments": [name for name, share in MAILINGS if rng.random() < share],
        })
    return households


def make_baskets(rng, household, first, days):
    for _ in range(household["visits"]):
        while True:                                # the weekday's weight, by rejection
            day = first + datetime.timedelta(days=int(rng.random() * days))
            if rng.random() * max(WEEKDAYS) < WEEKDAYS[day.weekday()]:
                break
        hour = pick(rng, HOURS)
        local = datetime.datetime(day.year, day.month, day.day, hour, int(rng.random() * 60),
                                  int(rng.random() * 60), tzinfo=ZONE)
        instant = local.astimezone(datetime.timezone.utc).astimezone(ZONE)
        store = household["store"] if rng.random() < 0.85 else 300 + pick(rng, [1] * 40)
        lines = []
        for department, (chance, middle, spread) in DEPARTMENTS.items():
            if rng.random() < chance:
                cents = int(middle * household["size"] * tail(rng, spread))
                lines.append((department, max(cents, 9)))
        if lines:
            yield instant, store, lines


def main(argv=None):
    summary, _, details = __doc__.partition("\n\n")
    parser = argparse.ArgumentParser(description=summary, epilog=details,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", default="purchases.csv", metavar="FILE")
    parser.add_argument("--members", default="members.csv", metavar="FILE")
    parser.add_argument("--households", type=int, default=300, metavar="N")
    parser.add_argument("--seed", type=int, default=2017, metavar="N")
    parser.add_argument("--from", dest="start", type=datetime.date.fromisoformat,
                        default=datetime.date(2017, 1, 1), metavar="DATE")
    parser.add_argument("--to", dest="end", type=datetime.date.fromisoformat,
                        default=datetime.date(2017, 12, 31), metavar="DATE")
    arguments = parser.parse_args(argv)
    if arguments.households < 1:
        parser.error("--households must be at least 1")
    if arguments.end < arguments.start:
        parser.error("--to is before --from")

    rng = random.Random(arguments.seed)
    households = make_households(rng, arguments.households)
    days = (arguments.end - arguments.start).days + 1
    baskets = []
    for household in households:
        for instant, store, lines in make_baskets(rng, household, arguments.start, days):
            baskets.append((instant, household["id"], store, lines))
    baskets.sort(key=lambda basket: (basket[0], basket[1]))

    rows = total = 0
    with open(arguments.output, "w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(["transaction_id", "user_id", "amount", "currency", "occurred_at",
                         "merchant", "category"])
        for number, (instant, household, store, lines) in enumerate(baskets, start=1):
            for department, cents in sorted(lines):
                writer.writerow([f"b{number:06d}-{department}", household, money(cents), "USD",
                                 instant.isoformat(timespec="seconds"), f"store-{store}", department])
                rows += 1
                total += cents
    with open(arguments.members, "w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(["user_id", "segments", "enrolments"])
        for household in households:
            writer.writerow([household["id"], ";".join(household["segments"]),
                             ";".join(household["enrolments"])])
    print(f"{rows} transactions in {len(baskets)} baskets of {len(households)} households, "
          f"{money(total)} USD")


if __name__ == "__main__":
    main()
