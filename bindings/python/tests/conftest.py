"""What tests share: the repository, the command, and rule packs."""

import os
import pathlib
import shutil
import subprocess

import pytest

import rewards

ROOT = pathlib.Path(__file__).resolve().parents[3]
PACKS = ROOT / "rules"
PURCHASES = ROOT / "examples" / "purchases"


@pytest.fixture(scope="session")
def command():
    """Runs the command and returns what it printed. REWARDS names it; without it, it is looked for on PATH."""
    path = os.environ.get("REWARDS") or shutil.which("rewards")
    assert path, "the command is neither in REWARDS nor on PATH"

    def run(*arguments, check=True):
        return subprocess.run([path, *map(str, arguments)], check=check, capture_output=True, cwd=ROOT)

    return run


@pytest.fixture(scope="session")
def card():
    return rewards.RuleSet.load(PACKS / "everyday-card")


@pytest.fixture(scope="session")
def shop():
    return rewards.RuleSet.load(PACKS / "supermarket-loyalty")


@pytest.fixture(scope="session")
def purchases():
    return PURCHASES / "purchases.csv"


@pytest.fixture(scope="session")
def members():
    return PURCHASES / "members.csv"
