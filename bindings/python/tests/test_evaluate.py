"""One purchase: the bytes of the command, Python's values in and out, and mistakes told in Python's way."""

import json
import pathlib
import pickle
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal

import pytest

import rewards
from conftest import PACKS

TRANSACTION = {
    "id": "t1",
    "amount": "100.00",
    "currency": "USD",
    "category": "groceries",
    "occurred_at": "2026-03-02T10:00:00-05:00",
}
MEMBER = {"id": "m1", "tier": "silver", "spending": "900.00"}
USAGE = {"base.groceries.spend.year": "5950.00"}


def test_the_outcome_has_the_bytes_of_the_command(card, command, tmp_path):
    arguments = ["evaluate", "--rules", PACKS / "everyday-card", "--format", "json"]
    for name, value in [("transaction", TRANSACTION), ("member", MEMBER), ("usage", USAGE)]:
        path = tmp_path / f"{name}.json"
        path.write_text(json.dumps(value), encoding="utf-8")
        arguments += [f"--{name}", path]
    outcome = card.evaluate(TRANSACTION, MEMBER, USAGE)
    assert outcome.to_json().encode() == command(*arguments).stdout.rstrip(b"\n")
    arguments[arguments.index("json")] = "human"
    explained = card.evaluate(TRANSACTION, MEMBER, USAGE, explain=True)
    assert explained.explain() == command(*arguments, "--explain").stdout.decode()
    assert explained.to_json() == outcome.to_json()


def test_numbers_come_out_as_decimals(card):
    outcome = card.evaluate(TRANSACTION, MEMBER, USAGE)
    assert outcome.total == Decimal("6.25")  # 3.50 + 0.25 + 2.50 of the spring campaign
    assert (outcome.totals.base, outcome.totals.loyalty, outcome.totals.campaign) == (
        Decimal("3.50"),
        Decimal("0.25"),
        Decimal("2.50"),
    )
    first = outcome.components[0]
    assert (first.kind, first.id, first.basis, first.rate) == ("base", "groceries", Decimal("50.00"), Decimal("0.06"))
    assert outcome.occurred_at == datetime(2026, 3, 2, 15, tzinfo=timezone.utc)
    assert outcome.tier == "silver" and outcome.currency == "USD" and outcome.reason is None
    assert outcome.progress.tier == "silver" and outcome.progress.spending == Decimal("1000.00")
    assert {use.key for use in outcome.usage} >= {"base.groceries.spend.year", "program.amount.month"}


def test_text_dict_decimal_and_datetime_give_the_same(card):
    due = card.evaluate(TRANSACTION, MEMBER, USAGE)
    eastern = timezone(timedelta(hours=-5))
    values = {
        **TRANSACTION,
        "amount": Decimal("100.00"),
        "occurred_at": datetime(2026, 3, 2, 10, tzinfo=eastern),
    }
    assert card.evaluate(values, {**MEMBER, "spending": 900}, {"base.groceries.spend.year": Decimal("5950")}) == due
    assert card.evaluate(json.dumps(TRANSACTION), json.dumps(MEMBER), json.dumps(USAGE)) == due
    member = {**MEMBER, "joined_on": date(2020, 2, 29), "segments": {"b", "a"}}
    assert card.evaluate(TRANSACTION, member, USAGE) == due


def test_a_float_is_refused_with_what_to_do(card):
    with pytest.raises(TypeError) as raised:
        card.evaluate({**TRANSACTION, "amount": 0.1})
    assert str(raised.value) == (
        'transaction.amount: 0.1 is a float, and cents do not survive in binary floating point. Give the number as it was '
        'written: "0.1", or Decimal("0.1"); of a float that is all there is, round(Decimal(0.1), 2) is the nearest cent'
    )
    with pytest.raises(TypeError, match=r"transaction\.items\[1\]\.amount: 2\.5 is a float"):
        card.evaluate({**TRANSACTION, "items": [{"amount": "1.00"}, {"amount": 2.5}]})
    with pytest.raises(ValueError, match="is no number"):
        card.evaluate({**TRANSACTION, "amount": Decimal("NaN")})
    own = {}
    own["self"] = own
    with pytest.raises(ValueError, match="does it hold itself"):
        card.evaluate(own)


def test_an_error_has_its_code(card):
    with pytest.raises(rewards.EvaluationError, match="currency_mismatch") as raised:
        card.evaluate({**TRANSACTION, "currency": "EUR"})
    assert raised.value.code == "currency_mismatch"
    with pytest.raises(rewards.EvaluationError, match=r"transaction\.occurred_at") as raised:
        card.evaluate({**TRANSACTION, "occurred_at": datetime(2026, 3, 2, 10)})
    assert raised.value.code == "missing_offset"
    assert isinstance(raised.value, ValueError) and isinstance(raised.value, rewards.RewardsError)


def test_mistakes_in_rules_print_as_the_command_prints_them(command, tmp_path):
    broken = "program: p\ncurency: USD\ntimezone: Nowhere\nbase:\n  - {id: all, rate: 1%}\n"
    (tmp_path / "program.yaml").write_text(broken)
    with pytest.raises(rewards.RulesError) as raised:
        rewards.RuleSet.load(tmp_path)
    printed = command("validate", tmp_path, check=False).stdout.decode()
    shown = str(raised.value).strip().splitlines()
    assert "error[R0101]: unknown key `curency`" in shown
    # The command has the same words, with the folder before the names of files.
    assert all(line.replace("--> ", f"--> {tmp_path}/") in printed for line in shown)
    codes = [(found.code, found.severity, found.file, found.line, found.column) for found in raised.value.findings]
    assert ("R0101", "error", "program.yaml", 2, 1) in codes
    unknown = next(found for found in raised.value.findings if found.code == "R0101")
    assert unknown.help == "did you mean `currency`?" and unknown.source_line == "curency: USD"
    again = pickle.loads(pickle.dumps(raised.value))
    assert (str(again), again.findings) == (str(raised.value), raised.value.findings)


def test_a_folder_and_its_texts_give_the_same_rule_set(card):
    texts = {path.name: path.read_text(encoding="utf-8") for path in (PACKS / "everyday-card").glob("*.yaml")}
    same = rewards.RuleSet.compile(texts)
    assert same == card and same.hash == card.hash and hash(same) == hash(card)
    assert pickle.loads(pickle.dumps(card)) == card
    assert (card.program, card.currency, card.timezone) == ("everyday-card", "USD", "America/New_York")
    assert card.levels == ("bronze", "silver", "gold")
    assert repr(card).startswith("<RuleSet everyday-card sha256:")
    with pytest.raises(OSError):
        rewards.RuleSet.load(PACKS / "nowhere")


def test_values_are_replaced_by_path(card):
    richer = card.with_values({"base.groceries.rate": "7%", "tiers.levels.silver.bonus.rate": "1%"})
    assert richer.hash != card.hash
    outcome = richer.evaluate(TRANSACTION, MEMBER, USAGE)
    assert (outcome.totals.base, outcome.totals.loyalty) == (Decimal("4.00"), Decimal("1.00"))
    assert "campaigns.weekend-dining.reward.rate" in card.values
    with pytest.raises(KeyError, match=r"did you mean `campaigns\.weekend-dining\.reward\.rate`"):
        card.with_values({"campaigns.weekend-dinning.reward.rate": "3%"})
    with pytest.raises(TypeError, match="is a float"):
        card.with_values({"base.groceries.rate": 0.07})
    with pytest.raises(rewards.RulesError, match="R0"):
        card.with_values({"base.groceries.rate": "-7%"})


def test_a_graph_draws_itself(card, command):
    due = command("graph", PACKS / "everyday-card", "--format", "mermaid").stdout.decode()
    assert card.graph().to_mermaid() == due
    assert card.graph()._repr_svg_().startswith("<svg")
    lit = card.graph(TRANSACTION, MEMBER, USAGE).to_dict()
    light = {node["id"]: node["light"]["state"] for node in lit["nodes"] if node.get("light")}
    assert light["base:groceries"] in ("lit", "cut")
    with pytest.raises(rewards.EvaluationError):
        card.graph({**TRANSACTION, "currency": "EUR"})


def test_a_graph_is_saved_by_its_ending(card, tmp_path):
    card.graph().save(tmp_path / "rules.svg")
    assert (tmp_path / "rules.svg").read_text().startswith("<svg")
    with pytest.raises(ValueError, match="ending in"):
        card.graph().save(tmp_path / "rules.png")


def test_an_outcome_shows_itself(card):
    outcome = card.evaluate(TRANSACTION, MEMBER, USAGE, explain=True)
    assert repr(outcome).startswith("<Outcome t1: 6.25 USD (groceries=3.00;everything-else=0.50;")
    html = outcome._repr_html_()
    assert "50.00 × 6 % = 3" in html and "<b>6.25 USD</b>" in html and "wrong day" in html
    assert {found.id: found.reason for found in outcome.rejected}["weekend-dining"] == "wrong_day"


def test_the_counters_of_a_purchase_are_named_beforehand(card):
    keys = {key.key: key for key in card.usage_keys(TRANSACTION, MEMBER)}
    assert keys["base.groceries.spend.year"].period == "2026"
    assert keys["program.budget.lifetime"].shared and not keys["program.amount.month"].shared


def test_the_package_has_types():
    assert pathlib.Path(rewards.__file__).with_name("py.typed").exists()
