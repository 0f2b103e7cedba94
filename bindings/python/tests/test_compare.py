"""Two rule sets over the same purchases."""

import json
from decimal import Decimal

import pytest

import rewards

pa = pytest.importorskip("pyarrow")

OLD = """
program: shop
currency: USD
timezone: UTC
base:
  - {id: food, when: tx.category == "food", rate: 2%}
  - {id: rest, rate: 1%}
"""
NEW = OLD.replace("2%", "1%").replace("id: rest, rate: 1%", "id: rest, rate: 3%")


def rows(**changes):
    columns = {
        "transaction_id": ["t1", "t2", "t3", "t4"],
        "user_id": ["eats", "reads", "none", "eats"],
        "amount": ["100.00", "50.00", "0.00", "10.00"],
        "currency": ["USD"] * 4,
        "occurred_at": [f"2026-03-{day:02}T10:00:00Z" for day in (1, 2, 3, 9)],
        "category": ["food", "books", "food", "food"],
    }
    return pa.table({**columns, **changes})


@pytest.fixture(scope="module")
def rules():
    return rewards.RuleSet.compile(OLD), rewards.RuleSet.compile(NEW)


@pytest.mark.parametrize("workers", [1, 2, 3])
def test_who_gains_and_who_loses(rules, workers):
    found = rewards.compare(*rules, rows(), workers=workers)
    assert (found.old.summary.total, found.new.summary.total) == (Decimal("2.70"), Decimal("2.60"))
    assert found.cost == Decimal("-0.10")
    assert (found.gainers.members, found.gainers.money) == (1, Decimal("1.00"))
    assert (found.losers.members, found.losers.money) == (1, Decimal("-1.10"))
    assert found.unchanged.members == 1
    assert [(row["user_id"], str(row["difference"])) for row in found.members.to_dicts()] == [
        ("eats", "-1.10"),
        ("reads", "1.00"),
        ("none", "0.00"),
    ]
    assert [str(row["difference"]) for row in found.rows.to_dicts()] == ["-1.00", "1.00", "0.00", "-0.10"]
    by_rule = {row.key[0]: row.difference for row in found.by("rule")}
    assert by_rule == {"food": Decimal("-1.10"), "rest": Decimal("1.00")}
    weeks = [(row.key[0], row.difference) for row in found.by("week")]
    assert weeks == [("2026-W09", Decimal("-1.00")), ("2026-W10", Decimal("1.00")), ("2026-W11", Decimal("-0.10"))]
    text = str(found)
    assert "cost     -0.10 USD: 2.70 → 2.60" in text and "lose     1 member, -1.10 USD" in text
    assert "<td>food</td>" in found._repr_html_()


def test_a_histogram_has_every_member_once(rules):
    bins = rewards.compare(*rules, rows()).histogram(bins=4)
    assert sum(row["members"] for row in bins) == 3
    for row in bins:
        side = "same" if row["low"] == row["high"] else "lose" if row["high"] <= 0 else "gain"
        assert row["side"] == side, row
    assert sum(row["members"] for row in bins if row["side"] == "lose") == 1


def test_an_interval_of_the_difference(rules):
    found = rewards.compare(*rules, rows())
    interval = found.interval(samples=200, seed=3)
    assert interval.value == Decimal("-0.10") and interval.low < interval.value < interval.high
    assert found.interval(samples=200, seed=3) == interval


def test_a_column_that_only_one_side_knows_is_read_by_that_side(rules):
    declared = rewards.RuleSet.compile(
        OLD.replace("base:", "facts: {tx: {gift: {type: boolean, optional: true}}}\nbase:").replace(
            "base:\n", 'base:\n  - {id: gifts, when: tx.gift, rate: 9%}\n'
        )
    )
    table = rows().append_column("tx.gift", pa.array([False, True, None, None]))
    found = rewards.compare(declared, rules[1], table)
    assert [str(row["old"]) for row in found.rows.to_dicts()] == ["2.00", "4.50", "0.00", "0.20"]
    with pytest.raises(rewards.ColumnError):
        rules[1].simulate(table)


def test_an_uplift_is_a_scenario_of_behaviour(rules):
    found = rewards.compare(*rules, rows(), uplift=lambda member: "0.1" if member.difference > 0 else 0)
    assert found.uplifted.summary.amount == Decimal("165.00")
    assert found.more_bought == Decimal("5.00")
    # 3 % of 5.00 more.
    assert found.cost_with_uplift == found.cost + Decimal("0.15")
    assert "uplift   +5.00 USD bought" in str(found)
    seen = []
    rewards.compare(*rules, rows(), uplift=lambda member: seen.append(member) or 0)
    assert [(one.user_id, one.amount, one.rate_change) for one in seen][:2] == [
        ("eats", Decimal("110.00"), Decimal("-0.010000")),
        ("reads", Decimal("50.00"), Decimal("0.020000")),
    ]
    with pytest.raises(TypeError, match="uplift of eats: 0.5 is a float"):
        rewards.compare(*rules, rows(), uplift=lambda member: 0.5)
    with pytest.raises(ValueError, match="less than buying nothing"):
        rewards.compare(*rules, rows(), uplift=lambda member: -2)
    stream = pa.RecordBatchReader.from_batches(rows().schema, rows().to_batches())
    with pytest.raises(Exception, match="only once|closed|released|consumed|stream"):
        rewards.compare(*rules, stream, uplift=lambda member: 1)


def test_a_change_of_the_shipped_rules(card, shop, purchases, members):
    richer = shop.with_values({"base.fresh-food.rate": "3%"})
    found = rewards.compare(shop, richer, purchases, members)
    assert found.losers.members == 0 and found.gainers.members > 250
    assert found.cost == found.members.to_polars()["difference"].sum()
    assert found.cost == found.rows.to_polars()["difference"].sum()


def test_a_comparison_plots_itself(rules):
    pytest.importorskip("altair")
    spec = json.loads(rewards.compare(*rules, rows()).plot().to_json())
    assert sum(row["members"] for row in spec["data"]["values"]) == 3


def test_what_cannot_be_compared_is_refused(rules):
    with_points = OLD + "points: {decimals: 2, earn: {points: 1, per: 1.00}}\n"
    with pytest.raises(ValueError, match="decimals of their points"):
        rewards.compare(rules[0], rewards.RuleSet.compile(with_points), rows())
    with pytest.raises(ValueError, match="is no number"):
        rewards.compare(*rules, rows(), uplift=lambda member: "nan")


def test_floats_of_numpy_are_floats(rules):
    numpy = pytest.importorskip("numpy")
    with pytest.raises(TypeError, match="float"):
        rewards.compare(*rules, rows(), uplift=lambda member: numpy.float32(0.05))


def test_a_purchase_of_two_rules_of_a_kind_counts_once(rules):
    split = OLD.replace('when: tx.category == "food", rate: 2%', "up_to: {spend: 40.00, per: month}, rate: 2%")
    result = rewards.RuleSet.compile(split).simulate(rows())
    (kind,) = [row for row in result.cost("kind").to_pyarrow().to_pylist() if row["kind"] == "base"]
    # Of four purchases one is of 0.00, which no rule granted anything for.
    assert (kind["transactions"], kind["amount"]) == (3, Decimal("160.00"))
