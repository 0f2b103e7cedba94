"""A compiled rule set."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal, Optional, Union, cast

from . import _rewards
from ._errors import Finding, findings_of
from ._input import Input, json_of, number_text
from ._outcome import Outcome

if TYPE_CHECKING:
    from ._account import Account
    from ._simulation import Progress, Result, Sweep

__all__ = ["Graph", "RuleSet", "UsageKey"]

Value = Union[str, int, Decimal, Sequence[str]]
"""A value of a rule file: as it is written there (``"3%"``), a number, or a list of words."""


@dataclass(frozen=True)
class UsageKey:
    """A counter that an evaluation reads."""

    key: str
    period: str
    shared: bool
    """Whether it is one counter for all members, a budget."""


class Graph:
    """A picture of rules. In a notebook it draws itself."""

    def __init__(self, draw: Callable[[str], str]) -> None:
        self._draw = draw

    def to_svg(self) -> str:
        """An image for a browser, for light and dark pages."""
        return self._draw("svg")

    def to_mermaid(self) -> str:
        """A flowchart for pages that draw Mermaid."""
        return self._draw("mermaid")

    def to_dot(self) -> str:
        """For Graphviz."""
        return self._draw("dot")

    def to_dict(self) -> dict[str, Any]:
        """Nodes, edges and stages."""
        graph: dict[str, Any] = json.loads(self._draw("json"))
        return graph

    def save(self, path: Union[str, os.PathLike[str]]) -> None:
        """Writes the picture in the format of the ending: ``.svg``, ``.mmd``, ``.dot`` or ``.json``."""
        endings = {".svg": "svg", ".mmd": "mermaid", ".dot": "dot", ".json": "json"}
        ending = os.path.splitext(os.fspath(path))[1]
        if ending not in endings:
            raise ValueError(f"{os.fspath(path)}: a path ending in {', '.join(endings)} is due here")
        with open(path, "w", encoding="utf-8") as file:
            file.write(self._draw(endings[ending]))

    def _repr_svg_(self) -> str:
        return self.to_svg()

    def __repr__(self) -> str:
        return self.to_mermaid()


class RuleSet:
    """Rules that passed every check. Make one with :meth:`load` or :meth:`compile`; it never changes."""

    def __init__(self, native: _rewards.RuleSet) -> None:
        if not isinstance(native, _rewards.RuleSet):
            raise TypeError("RuleSet.load(path) or RuleSet.compile(files) makes a rule set")
        self._native = native

    @classmethod
    def load(cls, path: Union[str, os.PathLike[str]]) -> RuleSet:
        """Compiles a folder of rule files, or one file.

        Raises :class:`RulesError` with every mistake of every file, and OSError for what cannot be read.
        """
        return cls(_rewards.RuleSet.load(path))

    @classmethod
    def compile(cls, files: Union[str, Mapping[str, Union[str, bytes]]]) -> RuleSet:
        """Compiles rule files given as ``{path: text}``, or the text of one file. Raises :class:`RulesError`."""
        if isinstance(files, str):
            files = {"rules.yaml": files}
        texts = {path: text.encode() if isinstance(text, str) else bytes(text) for path, text in files.items()}
        return cls(_rewards.RuleSet.compile(texts))

    @property
    def hash(self) -> str:
        """The content hash, ``sha256:…``."""
        return self._native.hash

    @property
    def program(self) -> str:
        """Id of the program."""
        return self._native.program

    @property
    def currency(self) -> str:
        """Code of the currency, such as ``USD``."""
        return self._native.currency

    @property
    def timezone(self) -> str:
        """The program's time zone, such as ``America/New_York``."""
        return self._native.timezone

    @property
    def levels(self) -> tuple[str, ...]:
        """Ids of the tier levels, lowest first."""
        return tuple(self._native.levels)

    @property
    def warnings(self) -> tuple[Finding, ...]:
        """What is suspicious in the rules, though they are right."""
        return findings_of(self._native.report())

    @property
    def files(self) -> dict[str, str]:
        """The rule files, by path."""
        return {path: text.decode() for path, text in self._native.files()}

    @property
    def transaction_columns(self) -> tuple[str, ...]:
        """Names that the columns of a transactions table may have."""
        return tuple(self._native.transaction_columns())

    @property
    def member_columns(self) -> tuple[str, ...]:
        """Names that the columns of a members table may have."""
        return tuple(self._native.member_columns())

    @property
    def values(self) -> tuple[str, ...]:
        """Paths of the values that :meth:`with_values` can replace."""
        return tuple(self._native.values())

    def with_values(self, changes: Mapping[str, Value]) -> RuleSet:
        """The same rules with some values replaced.

        >>> rules.with_values({"campaigns.weekend-dining.reward.rate": "3%"})

        A path has the ids of campaigns, base rules and levels in the places of numbers; :attr:`values` has all of
        them. Raises KeyError for a path that no file has, with the nearest one, and :class:`RulesError` if the rules
        are not right with the new value.
        """
        texts = [(path, _value_text(value, path)) for path, value in changes.items()]
        return RuleSet(self._native.with_values(texts))

    def evaluate(
        self,
        transaction: Input,
        member: Optional[Input] = None,
        usage: Optional[Input] = None,
        *,
        explain: bool = False,
    ) -> Outcome:
        """What one purchase brings.

        ``transaction``, ``member`` and ``usage`` (what earlier purchases used of counters) are dicts or JSON text.
        Amounts are text, ``int`` or ``Decimal``; a ``float`` is a TypeError that says how to convert it. Instants need
        an offset. With ``explain`` the outcome also tells of every rule that did not grant why not.

        Raises :class:`EvaluationError`.
        """
        texts = json_of(transaction, "transaction"), json_of(member, "member"), json_of(usage, "usage")
        first = texts[0]
        if first is None:
            raise TypeError("transaction: a dict or JSON text is due here, this is None")
        return Outcome(self._native.evaluate(first, texts[1], texts[2], explain))

    def usage_keys(self, transaction: Input, member: Optional[Input] = None) -> tuple[UsageKey, ...]:
        """The counters that the evaluation of this purchase reads, each with its period."""
        text = json_of(transaction, "transaction") or ""
        keys = json.loads(self._native.usage_keys(text, json_of(member, "member")))
        return tuple(UsageKey(key["key"], key["period"], key["shared"]) for key in keys)

    def graph(
        self,
        transaction: Optional[Input] = None,
        member: Optional[Input] = None,
        usage: Optional[Input] = None,
        *,
        every_campaign: bool = False,
    ) -> Graph:
        """A picture of the rules; with a purchase, of what it met, granted and cut.

        Where there are more than 40 campaigns those of one group are one box, unless ``every_campaign``.
        """
        texts = json_of(transaction, "transaction"), json_of(member, "member"), json_of(usage, "usage")

        def draw(form: str) -> str:
            return self._native.graph(form, every_campaign, *texts)

        draw("json")
        return Graph(draw)

    def account(self, member: Optional[Input] = None, usage: Optional[Input] = None) -> Account:
        """One member whose purchases, refunds and redemptions are posted one after the other.

        ``member`` and ``usage`` are what is known before the first of them; ``usage`` and ``spending`` belong to the
        periods in which it happens.
        """
        from ._account import Account

        return Account(self, member, usage)

    def simulate(
        self,
        transactions: object,
        members: Optional[object] = None,
        *,
        workers: Optional[int] = None,
        on_error: Literal["raise", "collect"] = "raise",
        columns: Optional[Mapping[str, Optional[str]]] = None,
        member_columns: Optional[Mapping[str, Optional[str]]] = None,
        assume_program_timezone: bool = False,
        uplift: Optional[Mapping[str, Union[Decimal, int, str]]] = None,
        explain: Iterable[str] = (),
        progress: Progress = None,
    ) -> Result:
        """Runs many transactions in order of time, with limits, levels and refunds carried over.

        ``transactions`` and ``members`` are anything that speaks Arrow (a data frame of polars, pandas or pyarrow, a
        relation of DuckDB) or the path of a file of Parquet, CSV or
        newline-delimited JSON (``.ndjson``, ``.jsonl``), which is read as a stream. Columns are those of the
        command ``rewards simulate``: ``transaction_id``, ``user_id``, ``amount``, ``currency``, ``occurred_at`` and
        what else the rules know (:attr:`transaction_columns`). Rows must be in order of ``occurred_at``. Amounts are
        decimals, integers or text; a column of floats is refused.

        ``workers``: how many threads share out the members; by default one a core. The answer does not depend on it.
        ``on_error``: ``raise`` stops at the first bad row with a :class:`RowError`; ``collect`` sets bad rows aside
        in ``result.rejects``.
        ``columns``, ``member_columns``: what columns are called here, ``{"household_id": "user_id"}``; ``None`` leaves
        one out.
        ``assume_program_timezone``: reads instants without an offset as local time of the program.
        ``uplift``: factors by which members buy more or less, by user id: ``{"m1": Decimal("1.05")}``.
        ``explain``: ids of transactions whose whole outcome is kept in ``result.outcomes``, with every rule that granted
        nothing and why.
        ``progress``: True shows a bar (tqdm's, if that is installed) in a notebook or terminal; also a callable that
        makes a bar as ``tqdm.tqdm(total=…)`` does, or a bar. By default a bar is shown for work of several seconds.
        """
        from ._simulation import run

        return run(
            [self],
            transactions,
            members,
            workers=workers,
            on_error=on_error,
            columns=columns,
            member_columns=member_columns,
            assume_program_timezone=assume_program_timezone,
            uplift=[uplift],
            explain=[explain] if isinstance(explain, str) else explain,
            progress=progress,
        )[0]

    def sweep(
        self,
        path: str,
        values: Iterable[Value],
        transactions: object,
        members: Optional[object] = None,
        *,
        workers: Optional[int] = None,
        columns: Optional[Mapping[str, Optional[str]]] = None,
        member_columns: Optional[Mapping[str, Optional[str]]] = None,
        assume_program_timezone: bool = False,
        progress: Progress = None,
    ) -> Sweep:
        """Simulates the rules once for each value of one setting, at the same time and over the same rows.

        >>> rules.sweep("campaigns.weekend-dining.reward.rate", ["1%", "2%", "3%"], purchases)
        """
        from ._simulation import Sweep, run

        values = list(values)
        results = run(
            [self.with_values({path: value}) for value in values],
            transactions,
            members,
            workers=workers,
            on_error="raise",
            columns=columns,
            member_columns=member_columns,
            assume_program_timezone=assume_program_timezone,
            uplift=[],
            progress=progress,
        )
        return Sweep(path, values, results)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, RuleSet) and self.hash == other.hash

    def __hash__(self) -> int:
        return hash(self.hash)

    def __repr__(self) -> str:
        return f"<RuleSet {self.program} {self.hash[:19]}…>"

    def _repr_html_(self) -> str:
        return self.graph().to_svg()

    def __reduce__(self) -> tuple[Any, ...]:
        return (RuleSet.compile, (self.files,))


def _value_text(value: Value, path: str) -> str:
    if isinstance(value, (str, int, float, Decimal)):
        # A float is a TypeError that says how to convert it.
        return number_text(cast("str", value), path)
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(_value_text(item, path) for item in value) + "]"
    raise TypeError(f"{path}: text, int, Decimal or a list of text is due here, this is a {type(value).__name__}")
