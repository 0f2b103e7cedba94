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


def parts(outcome):
    """What an outcome consists of, by place: components and points one by one, then every other key."""
    return {
        **{f"{name}[{at}]": one for name in ("components", "points") for at, one in enumerate(outcome.get(name, []))},
        **{key: value for key, value in outcome.items() if key not in ("components", "points")},
    }


def difference(due, found):
    """Where two answers differ first, in words; None if they are the same."""
    if due == found:
        return None
    if not (isinstance(due, str) and isinstance(found, str)):
        return f"\n    due:   {due}\n    found: {found}"
    left, right = parts(json.loads(due)), parts(json.loads(found))
    # In the order of the one that is due; what only the other one has comes where it stands there, components first.
    places = sorted({**left, **right}, key=lambda place: (not place.startswith("components["), not place.startswith("points[")))
    for place in places:
        ours, theirs = (json.dumps(side[place]) if place in side else "none" for side in (left, right))
        if ours != theirs:
            return f"{place}\n    due:   {ours}\n    found: {theirs}"
    at = next((at for at, (one, other) in enumerate(zip(due, found)) if one != other), min(len(due), len(found)))
    near = slice(max(0, at - 20), at + 40)
    return f"byte {at}\n    due:   …{due[near]}…\n    found: …{found[near]}…"


def same(due, found, place):
    told = difference(due, found)
    if told is not None:
        pytest.fail(f"{place}: {told}", pytrace=False)


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_case(path):
    case = yaml.load(path.read_text(encoding="utf-8"), Loader)
    rules = rewards.RuleSet.compile({name: str(text) for name, text in case["rules"].items()})
    if "steps" not in case:
        texts = [as_json(case[name]) if name in case else None for name in ("transaction", "member", "usage")]
        found = answer(lambda: rules.evaluate(*texts).to_json())
        same(due(case), found, path.stem)
        return
    given = case.get("given", {})
    account = rules.account(as_json(given.get("member", {})), as_json(given.get("usage", {})))
    at = None
    for number, step in enumerate(case["steps"], 1):
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
            same(due(step), found, f"{path.stem}, step {number}")
        else:
            assert not isinstance(found, dict), found
        for what, value in step.get("expect", {}).items():
            assert str(getattr(account.standing(at), what)) == str(value), what


def test_the_corpus_is_there():
    assert len(CASES) > 500


def test_a_difference_names_the_first_place_that_differs():
    a, b = {"id": "a", "granted": "1.00"}, {"id": "b", "granted": "2.00"}
    outcome = {"id": "t1", "components": [a, b], "points": []}

    def found(**changes):
        return difference(json.dumps(outcome), json.dumps({**outcome, **changes}))

    assert found() is None
    assert found(components=[a, {**b, "granted": "2.01"}], id="t2") == (
        'components[1]\n    due:   {"id": "b", "granted": "2.00"}\n    found: {"id": "b", "granted": "2.01"}'
    )
    assert found(components=[a]) == 'components[1]\n    due:   {"id": "b", "granted": "2.00"}\n    found: none'
    assert found(components=[a, b, a]) == 'components[2]\n    due:   none\n    found: {"id": "a", "granted": "1.00"}'
    # A component that only one side has comes before every other key.
    assert found(id="t2", components=[a, b, a]).startswith("components[2]\n")
    assert found(id="t2", points=[a]).startswith("points[0]\n")
    assert found(id="t2") == 'id\n    due:   "t1"\n    found: "t2"'
    # A key that only one side has, whichever it is.
    assert found(usage=[]) == "usage\n    due:   none\n    found: []"
    assert difference('{"id":"t1","usage":[]}', '{"id":"t1"}') == "usage\n    due:   []\n    found: none"


def test_a_difference_of_the_spelling_alone_names_the_byte():
    assert difference('{"a":1}', '{"a": 1}').startswith("byte 5\n")
    assert difference('{"a":1,"b":2}', '{"b":2,"a":1}').startswith("byte 2\n")
    # An empty list and none are two spellings as well.
    assert difference('{"points":[]}', "{}").startswith("byte 1\n")


def test_a_code_and_an_outcome_are_told_as_they_are():
    assert difference({"code": "overflow"}, '{"id":"t1"}') == "\n    due:   {'code': 'overflow'}\n    found: {\"id\":\"t1\"}"
    assert difference({"code": "overflow"}, {"code": "overflow"}) is None
    with pytest.raises(pytest.fail.Exception, match=r"^case, step 2: id\n"):
        same('{"id":"t1"}', '{"id":"t2"}', "case, step 2")
