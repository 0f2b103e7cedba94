"""The conformance corpus: every case has the bytes of its canonical outcome, or its error code."""

import json

import pytest

import rewards
from conftest import ROOT

yaml = pytest.importorskip("yaml")

CASES = sorted((ROOT / "tests" / "conformance").glob("*.yaml"))


class Loader(yaml.BaseLoader):
    """Scalars as they are written: no digit is lost, and what stands without quotes is known."""


def construct(loader, node):
    if node.style is not None:
        return node.value
    return Plain(node.value)


class Plain(str):
    """A scalar without quotes."""


Loader.add_constructor("tag:yaml.org,2002:str", construct)


def as_json(value):
    """JSON with numbers as they are written."""
    if isinstance(value, dict):
        return "{" + ",".join(f"{json.dumps(str(key))}:{as_json(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(as_json, value)) + "]"
    if isinstance(value, Plain):
        digits = value.removeprefix("-").replace(".", "", 1)
        if value in ("true", "false", "null") or (digits.isascii() and digits.isdigit() and value[-1] != "."):
            return str(value)
        if value in ("", "~"):
            return "null"
    return json.dumps(str(value))


def answer(ask):
    try:
        return ask()
    except rewards.EvaluationError as error:
        return {"code": error.code}


def due(keys):
    if "outcome" in keys:
        return str(keys["outcome"])
    return {"code": str(keys["error"]["code"])} if "error" in keys else None


def first_difference(found, due):
    """The first component that differs, for the message of a failed test."""
    if not isinstance(found, str) or not isinstance(due, str) or found == due:
        return ""
    ours, theirs = json.loads(found), json.loads(due)
    for key in theirs:
        if ours.get(key) != theirs[key]:
            return f"`{key}` is {ours.get(key)}, due is {theirs[key]}"
    return "only the order or the spelling of the JSON differs"


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_case(path):
    case = yaml.load(path.read_text(encoding="utf-8"), Loader)
    rules = rewards.RuleSet.compile({name: str(text) for name, text in case["rules"].items()})
    if "steps" not in case:
        texts = [as_json(case[name]) if name in case else None for name in ("transaction", "member", "usage")]
        found = answer(lambda: rules.evaluate(*texts).to_json())
        assert found == due(case), first_difference(found, due(case))
        return
    given = case.get("given", {})
    account = rules.account(as_json(given.get("member", {})), as_json(given.get("usage", {})))
    at = None
    for step in case["steps"]:
        if "transaction" in step:
            at = step["transaction"].get("occurred_at")
            found = answer(lambda: account.purchase(as_json(step["transaction"])).to_json())
        elif "refund" in step:
            at = step["refund"].get("occurred_at")
            found = answer(lambda: account.refund(as_json(step["refund"])).to_json())
        else:
            at = step["redeem"]["at"]
            redeemed = answer(lambda: account.redeem(as_json(step["redeem"])))
            found = redeemed if isinstance(redeemed, dict) else {"code": None}
            if due(step) is None:
                assert not isinstance(redeemed, dict)
                found = None
        if due(step) is not None:
            assert found == due(step), first_difference(found, due(step))
        else:
            assert not isinstance(found, dict), found
        for what, value in step.get("expect", {}).items():
            assert str(getattr(account.standing(at), what)) == str(value), what


def test_the_corpus_is_there():
    assert len(CASES) > 500
