"""What can go wrong, as exceptions with stable codes."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Optional

__all__ = [
    "ColumnError",
    "EvaluationError",
    "Finding",
    "RewardsError",
    "RowError",
    "RulesError",
    "SharedBudgetError",
]


@dataclass(frozen=True)
class Finding:
    """Something that was found in rule files: an error or a warning.

    Lines and columns count from 1. They are None where no file is to blame.
    """

    code: str
    """The stable code, such as ``R0101``. ``rewards explain R0101`` has a page about it."""
    severity: str
    """``error`` or ``warning``."""
    message: str
    """What is wrong."""
    help: Optional[str]
    """What to do about it."""
    file: Optional[str]
    """Path of the file within the rule set."""
    line: Optional[int]
    column: Optional[int]
    end_line: Optional[int]
    end_column: Optional[int]
    source_line: Optional[str]
    """The line as it is written."""

    def __str__(self) -> str:
        place = "" if self.file is None else f"{self.file}:{self.line}:{self.column}: "
        help_text = "" if self.help is None else f" ({self.help})"
        return f"{place}{self.severity}[{self.code}]: {self.message}{help_text}"


def findings_of(report: str) -> tuple[Finding, ...]:
    """Findings from the engine's JSON."""

    def one(found: dict[str, Any]) -> Finding:
        place = found.get("place") or {}
        return Finding(
            code=found["code"],
            severity=found["severity"],
            message=found["message"],
            help=found.get("help"),
            file=place.get("file"),
            line=place.get("line"),
            column=place.get("column"),
            end_line=place.get("end_line"),
            end_column=place.get("end_column"),
            source_line=found.get("source_line"),
        )

    return tuple(one(found) for found in json.loads(report))


class RewardsError(Exception):
    """Any mistake that the engine tells of."""


class RulesError(RewardsError, ValueError):
    """The rule files have mistakes. Its text shows all of them, as the command ``rewards validate`` does."""

    findings: tuple[Finding, ...]
    """Every finding, errors and warnings, in order of place."""

    def __init__(self, text: str, report: str = "[]") -> None:
        super().__init__(text)
        self.findings = findings_of(report)
        self._report = report

    def __reduce__(self) -> tuple[Any, ...]:
        return (type(self), (self.args[0], self._report))

    def __str__(self) -> str:
        # A traceback puts the name of the exception before the first line; what is underlined must start below it.
        return "\n" + str(self.args[0])


class EvaluationError(RewardsError, ValueError):
    """A purchase could not be evaluated. Nothing was granted."""

    code: str
    """The stable code, such as ``missing_fact``."""
    rule: Optional[str]
    """Id of the rule whose expression failed, if one is to blame."""

    def __init__(self, message: str, code: str = "", rule: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.rule = rule or None

    def __reduce__(self) -> tuple[Any, ...]:
        return (type(self), (str(self), self.code, self.rule or ""))


class ColumnError(EvaluationError):
    """The columns of a table cannot be used: one is missing, unknown, or of a type that cannot hold what it should."""

    column: str
    """Name of the column."""

    def __init__(self, message: str, code: str = "", column: str = "") -> None:
        super().__init__(message, code)
        self.column = column

    def __reduce__(self) -> tuple[Any, ...]:
        return (type(self), (str(self), self.code, self.column))


class RowError(EvaluationError):
    """A row of a table could not be used. ``on_error="collect"`` sets such rows aside and goes on."""

    row: int
    """Number of the row, from 0, as in ``frame.iloc[row]``."""
    transaction_id: str
    """Its id, or an empty text where that could not be read."""
    line: Optional[int]
    """The line at which it begins, from 1, in a file of CSV or newline-delimited JSON."""

    def __init__(
        self, message: str, code: str = "", row: str = "0", transaction_id: str = "", line: str = ""
    ) -> None:
        super().__init__(message, code)
        self.row = int(row)
        self.transaction_id = transaction_id
        self.line = int(line) if line else None

    def __reduce__(self) -> tuple[Any, ...]:
        line = "" if self.line is None else str(self.line)
        return (type(self), (str(self), self.code, str(self.row), self.transaction_id, line))


class SharedBudgetError(RewardsError, ValueError):
    """Rules with a budget that all members share were to run where members do not meet."""
