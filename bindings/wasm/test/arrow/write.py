"""Writes the tables beside this file, as pyarrow, polars and DuckDB write them; `rows.json` has the same rows.

    pip install pyarrow polars duckdb && python write.py
"""

from datetime import datetime, timezone
from decimal import Decimal
from pathlib import Path
import json

import duckdb
import polars
import pyarrow
import pyarrow.feather

here = Path(__file__).parent
rows = [
    {
        "transaction_id": f"t{number}",
        "user_id": ("ann", "bob")[number % 2],
        "amount": f"{number * 7 + 3}.{number}5",
        "currency": "USD",
        "occurred_at": f"2026-03-0{number + 1}T10:00:00.000Z",
        "category": ("groceries", "a category of more than twelve bytes", None)[number % 3],
        "items": [{"sku": f"s{line}", "category": "groceries", "amount": f"{line + 1}.25"} for line in range(number % 3)] or None,
        "member.segments": ["staff", "new"] if number % 2 else None,
        "member.birthday": "1990-02-28" if number == 2 else None,
    }
    for number in range(6)
]
(here / "rows.json").write_text(json.dumps(rows, indent=1) + "\n")

line = pyarrow.struct({"sku": pyarrow.string(), "category": pyarrow.string(), "amount": pyarrow.decimal128(12, 2)})
schema = pyarrow.schema(
    {
        "transaction_id": pyarrow.string(),
        "user_id": pyarrow.dictionary(pyarrow.int8(), pyarrow.string()),
        "amount": pyarrow.decimal128(18, 2),
        "currency": pyarrow.large_string(),
        "occurred_at": pyarrow.timestamp("us", tz="America/New_York"),
        "category": pyarrow.dictionary(pyarrow.int32(), pyarrow.string()),
        "items": pyarrow.list_(line),
        "member.segments": pyarrow.list_(pyarrow.string()),
        "member.birthday": pyarrow.date32(),
    }
)


def typed(row):
    lines = row["items"] and [{**one, "amount": Decimal(one["amount"])} for one in row["items"]]
    birthday = row["member.birthday"]
    return {
        **row,
        "amount": Decimal(row["amount"]),
        "occurred_at": datetime.fromisoformat(row["occurred_at"]).astimezone(timezone.utc),
        "items": lines,
        "member.birthday": birthday and datetime.fromisoformat(birthday).date(),
    }


purchases = pyarrow.Table.from_pylist([typed(row) for row in rows], schema=schema)
with pyarrow.ipc.new_stream(here / "pyarrow.arrows", schema) as stream:
    stream.write_table(purchases, max_chunksize=4)
with pyarrow.ipc.new_file(here / "pyarrow.arrow", schema) as file:
    file.write_table(purchases, max_chunksize=4)
pyarrow.feather.write_feather(purchases, here / "compressed.arrow", compression="lz4")

frame = polars.from_arrow(purchases).with_columns(polars.col("category").cast(polars.Categorical))
frame.write_ipc(here / "polars.arrow")
frame.write_ipc_stream(here / "polars.arrows")

of_duckdb = duckdb.sql("SELECT * FROM purchases").to_arrow_reader(4)
with pyarrow.ipc.new_stream(here / "duckdb.arrows", of_duckdb.schema) as stream:
    for batch in of_duckdb:
        stream.write_batch(batch)
