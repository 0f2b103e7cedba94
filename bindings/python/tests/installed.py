"""What pip installed from the sources: `installed.py FOLDER` looks at the package in that folder and uses it, with whatever
Python runs this."""

import importlib.util
import pathlib
import sys

folder = pathlib.Path(sys.argv[1]).resolve()
sys.path.insert(0, str(folder))

(wheel,) = folder.glob("rewards-*.dist-info/WHEEL")
tags = [line.removeprefix("Tag: ") for line in wheel.read_text(encoding="utf-8").splitlines() if line.startswith("Tag: ")]
assert tags and all(tag.startswith("cp310-abi3-") for tag in tags), tags

import rewards

native = importlib.util.find_spec("rewards._rewards").origin
assert pathlib.Path(native).is_relative_to(folder) and ".abi3." in native, native

rules = rewards.RuleSet.compile("program: p\ncurrency: USD\ntimezone: UTC\nbase:\n  - {id: all, rate: 1%}\n")
purchase = {"id": "t1", "amount": "180.00", "currency": "USD", "occurred_at": "2026-03-07T20:15:00-05:00"}
assert str(rules.evaluate(purchase).total) == "1.80"
assert (folder / "rewards" / "py.typed").is_file() and (folder / "rewards" / "_rewards.pyi").is_file()
print(f"Python {sys.version.split()[0]}: {tags[0]}")
