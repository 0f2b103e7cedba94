"""Tables of Arrow, as every library of data frames reads them."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any, Optional

from . import _rewards

if TYPE_CHECKING:
    import pandas
    import polars
    import pyarrow

_SHOWN = 10


class Table:
    """A table that speaks Arrow: money and points are decimals, never floats.

    Anything that reads the Arrow PyCapsule interface takes it as it is: ``polars.DataFrame(table)``,
    ``pyarrow.table(table)``, ``duckdb.from_arrow(table)``.
    """

    def __init__(self, native: _rewards.Table) -> None:
        self._native = native

    def __arrow_c_stream__(self, requested_schema: Optional[object] = None) -> object:
        return self._native.__arrow_c_stream__(requested_schema)

    def __len__(self) -> int:
        return len(self._native)

    @property
    def columns(self) -> list[str]:
        """Names of the columns, in order."""
        return self._native.column_names()

    def to_polars(self) -> polars.DataFrame:
        """The table as a data frame of polars."""
        import polars

        return polars.DataFrame(self)

    def to_pyarrow(self) -> pyarrow.Table:
        """The table as one of pyarrow."""
        import pyarrow

        return pyarrow.table(self)

    def to_pandas(self) -> pandas.DataFrame:
        """The table as a data frame of pandas. Its columns keep Arrow's types, so that money stays decimal."""
        import pandas

        frame: pandas.DataFrame = self.to_pyarrow().to_pandas(types_mapper=pandas.ArrowDtype)
        return frame

    def to_dicts(self, most: Optional[int] = None) -> list[dict[str, Any]]:
        """The rows, or the first of them, as dicts of ``str``, ``int``, ``Decimal`` and ``date``."""
        return self._native.rows(most)

    def __repr__(self) -> str:
        rows = self.to_dicts(_SHOWN)
        columns = self.columns
        cells = [columns] + [[_text(row[name]) for name in columns] for row in rows]
        widths = [max(len(line[at]) for line in cells) for at in range(len(columns))]
        right = [bool(rows) and not isinstance(rows[0][name], str) for name in columns]
        lines = [
            "  ".join(cell.rjust(width) if number else cell.ljust(width) for cell, width, number in zip(line, widths, right))
            for line in cells
        ]
        more = len(self) - len(rows)
        return "\n".join([line.rstrip() for line in lines] + ([f"… {more} more rows"] if more > 0 else []))

    def _repr_html_(self) -> str:
        rows = self.to_dicts(_SHOWN)
        head = "".join(f"<th>{escape(name)}</th>" for name in self.columns)
        body = "".join(
            "<tr>"
            + "".join(
                f'<td style="text-align:{"left" if isinstance(cell, str) else "right"}">{escape(_text(cell))}</td>'
                for cell in row.values()
            )
            + "</tr>"
            for row in rows
        )
        more = len(self) - len(rows)
        rest = f"<p>… {more:,} more rows</p>" if more > 0 else ""
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{rest}"


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, list):
        return "; ".join(f"{part['id']} {part['money'] or part['points']}" for part in value)
    return str(value)
