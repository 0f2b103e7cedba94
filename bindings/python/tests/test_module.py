"""The module gives the same bytes as the command, and says what is wrong in Python's way.

REWARDS names the command; without it, it is looked for on PATH.
"""

import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

import rewards

ROOT = pathlib.Path(__file__).resolve().parents[3]
PACK = ROOT / "rules" / "everyday-card"
COMMAND = os.environ.get("REWARDS") or shutil.which("rewards")

TRANSACTION = {
    "id": "t1",
    "amount": "100.00",
    "currency": "USD",
    "category": "groceries",
    "occurred_at": "2026-03-02T10:00:00-05:00",
}
MEMBER = {"id": "m1", "tier": "silver", "spending": "900.00"}
USAGE = {"base.groceries.spend.year": "5950.00"}


def evaluated_by_command():
    """The same evaluation by the command, as bytes."""
    with tempfile.TemporaryDirectory() as folder:
        arguments = [COMMAND, "evaluate", "--rules", str(PACK), "--format", "json"]
        for name, value in [("transaction", TRANSACTION), ("member", MEMBER), ("usage", USAGE)]:
            path = pathlib.Path(folder, name + ".json")
            path.write_text(json.dumps(value), encoding="utf-8")
            arguments += ["--" + name, str(path)]
        return subprocess.run(arguments, check=True, capture_output=True).stdout


class Module(unittest.TestCase):
    def test_the_outcome_has_the_bytes_of_the_command(self):
        self.assertIsNotNone(COMMAND, "the command is neither in REWARDS nor on PATH")
        outcome = rewards.RuleSet.load(PACK).evaluate(TRANSACTION, MEMBER, USAGE)
        self.assertEqual(outcome.encode("utf-8"), evaluated_by_command().rstrip(b"\n"))
        self.assertEqual(json.loads(outcome)["totals"]["total"], "6.25")  # 3.50 + 0.25 + 2.50 of the spring campaign

    def test_text_and_dict_give_the_same(self):
        rules = rewards.RuleSet.load(PACK)
        as_text = rules.evaluate(json.dumps(TRANSACTION), json.dumps(MEMBER), json.dumps(USAGE))
        self.assertEqual(as_text, rules.evaluate(TRANSACTION, MEMBER, USAGE))

    def test_a_folder_and_its_texts_give_the_same_rule_set(self):
        texts = {path.name: path.read_text(encoding="utf-8") for path in PACK.glob("*.yaml")}
        self.assertEqual(rewards.RuleSet.compile(texts).hash, rewards.RuleSet.load(PACK).hash)

    def test_mistakes_in_rules_are_all_in_the_error(self):
        broken = "program: p\ncurency: USD\ntimezone: Nowhere\nbase:\n  - {id: all, rate: 1%}\n"
        with self.assertRaises(rewards.RulesError) as raised:
            rewards.RuleSet.compile({"program.yaml": broken})
        self.assertIn("did you mean `currency`", str(raised.exception))
        self.assertIn("Nowhere", str(raised.exception))

    def test_an_error_of_an_evaluation_has_its_code(self):
        with self.assertRaises(rewards.EvaluationError) as raised:
            rewards.RuleSet.load(PACK).evaluate({**TRANSACTION, "currency": "EUR"})
        self.assertEqual(raised.exception.code, "currency_mismatch")

    def test_a_float_is_refused(self):
        with self.assertRaisesRegex(TypeError, "float"):
            rewards.RuleSet.load(PACK).evaluate({**TRANSACTION, "amount": 0.1})

    def test_a_folder_that_is_not_there(self):
        with self.assertRaises(OSError):
            rewards.RuleSet.load(ROOT / "rules" / "nowhere")


if __name__ == "__main__":
    unittest.main()
