// Tables of Arrow as pyarrow, polars, DuckDB and apache-arrow write them bring what the same rows as objects bring, in
// Node, in Chromium and in a worker; what is damaged is an error with a code, soon.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test, { before } from "node:test";
import { Bool, DateDay, Decimal, Field, Float64, Int32, List, RecordBatch, Table, TimestampMillisecond, Utf8, makeBuilder, tableFromArrays, tableToIPC, vectorFromArray } from "apache-arrow";

import * as rewards from "../pkg/index.js";
import { open } from "./browser.js";
import { pack, table } from "./read.js";

const PROGRAM = `program: card
currency: USD
timezone: America/New_York
facts:
  tx:
    "gift": boolean
base:
  - id: staff
    when: '"staff" in member.segments'
    rate: 3%
  - id: groceries
    when: tx.category == "groceries"
    rate: 2%
  - id: all
    rate: 1%
`;
const LIMIT = { timeout: 60_000 };
const folder = new URL("arrow/", import.meta.url);
const bytes = (name) => new Uint8Array(readFileSync(new URL(name, folder)));
const rows = JSON.parse(readFileSync(new URL("rows.json", folder), "utf8"));
const NAMES = ["pyarrow.arrows", "pyarrow.arrow", "polars.arrows", "polars.arrow", "duckdb.arrows"];

/** The error that something throws. */
function thrown(what) {
  try {
    what();
  } catch (error) {
    assert.ok(error instanceof rewards.RewardsError, `${error}`);
    return error;
  }
  return assert.fail("nothing was thrown");
}

let rules;
before(async () => {
  await rewards.init();
  rules = rewards.compile({ "program.yaml": PROGRAM });
});

test("tables of pyarrow, polars and DuckDB bring what the same rows as objects bring", LIMIT, () => {
  const due = rules.simulate(rows);
  assert.deepEqual([due.rejected, due.rows.length], [[], rows.length]);
  assert.ok(due.rows.some((row) => row.rules.includes("staff=")) && due.rows.some((row) => row.rules.includes("groceries=")), "lists and lines count");
  for (const name of NAMES) {
    assert.deepEqual(rules.simulate(bytes(name)), due, name);
    const purchases = new rewards.Purchases(bytes(name).buffer);
    assert.equal(purchases.length, rows.length);
    assert.deepEqual(rewards.compare(rules, rules, purchases), rewards.compare(rules, rules, rows), name);
    assert.deepEqual(rules.explainRow(purchases, 4), rules.explainRow(new rewards.Purchases(rows), 4), name);
    purchases.free();
  }
});

/** Rows of texts as a table of apache-arrow: its amounts as decimals, its instants as timestamps, the rest as texts. */
function arrowOf(list, batch = 700) {
  const names = [...new Set(list.flatMap((row) => Object.keys(row)))];
  const decimal = new Decimal(2, 18);
  const column = (name, from, to) => {
    const cells = list.slice(from, to).map((row) => row[name] ?? null);
    if (name === "occurred_at") {
      const builder = makeBuilder({ type: new TimestampMillisecond("UTC"), nullValues: [null] });
      for (const cell of cells) builder.append(cell === null ? null : Date.parse(cell));
      return builder.finish().flush();
    }
    if (name === "amount") {
      const builder = makeBuilder({ type: decimal, nullValues: [null] });
      for (const cell of cells) {
        const [whole, part = ""] = cell.split(".");
        const words = new BigUint64Array([BigInt.asUintN(64, BigInt(whole + part.padEnd(2, "0"))), 0n]);
        builder.append(new Uint32Array(words.buffer));
      }
      return builder.finish().flush();
    }
    return vectorFromArray(cells, new Utf8()).data[0];
  };
  const batches = [];
  for (let from = 0; from < list.length; from += batch) {
    const to = Math.min(from + batch, list.length);
    batches.push(new RecordBatch(Object.fromEntries(names.map((name) => [name, column(name, from, to)]))));
  }
  return new Table(batches);
}

test("a table of apache-arrow, as a stream and as a file, brings what its rows bring", LIMIT, () => {
  const shop = rewards.compile(pack("supermarket-loyalty"));
  const list = table("examples/purchases/purchases.csv", 2000);
  const members = table("examples/purchases/members.csv");
  const due = shop.simulate(new rewards.Purchases(list, members));
  assert.deepEqual([due.rows.length, due.rejected.length], [2000, 0]);
  for (const format of ["stream", "file"]) {
    const written = tableToIPC(arrowOf(list), format);
    assert.deepEqual(shop.simulate(new rewards.Purchases(written, members)), due, format);
    // Members come as a table, too.
    const cells = (name) => vectorFromArray(members.map((row) => row[name] ?? null), new Utf8());
    const who = tableToIPC(new Table(Object.fromEntries(["user_id", "segments", "enrolments"].map((name) => [name, cells(name)]))), format);
    assert.deepEqual(shop.simulate(new rewards.Purchases(JSON.stringify(list), who)), due, format);
  }
});

test("a column of binary floating point is refused as a JavaScript number is", LIMIT, () => {
  const of = (amounts) => ({ transaction_id: ["t1", "t2"], user_id: ["a", "a"], amount: amounts, currency: ["USD", "USD"], occurred_at: ["2026-03-02T10:00:00Z", "2026-03-02T11:00:00Z"] });
  const number = thrown(() => rules.simulate([{ transaction_id: "t1", amount: 12.3 }]));
  for (const format of ["stream", "file"]) {
    const error = thrown(() => rules.simulate(tableToIPC(tableFromArrays(of(new Float64Array([12.3, 4]))), format)));
    assert.deepEqual([error.code, error.path], [number.code, "transactions.amount"]);
    assert.match(error.message, /Float64.*binary floating point/);
    const inside = new List(new Field("item", new Float64()));
    const nested = new Table({ items: vectorFromArray([[1.5]], inside) });
    assert.equal(thrown(() => new rewards.Purchases([], tableToIPC(nested, format))).path, "members.items");
  }
});

test("what a row cannot be is told with the row, as of JSON", LIMIT, () => {
  const written = tableToIPC(new Table({
    transaction_id: vectorFromArray(["t1", "t2", "t3"], new Utf8()),
    user_id: vectorFromArray([7, 7, null], new Int32()),
    amount: vectorFromArray(["1.00", "1.001", "2.00"], new Utf8()),
    currency: vectorFromArray(["USD", "USD", "USD"], new Utf8()),
    occurred_at: vectorFromArray(["2026-03-02", "2026-03-03", "2026-03-04"].map((day) => new Date(day)), new DateDay()),
    "tx.gift": vectorFromArray([true, false, null], new Bool()),
  }));
  const told = ({ row, code, path }) => [row, code, path];
  assert.deepEqual(rules.simulate(written).rejected.map(told), [0, 1, 2].map((row) => [row, "missing_offset", "occurred_at"]));
  const local = rules.simulate(written, { assumeProgramTimezone: true });
  assert.deepEqual([local.rows.map((row) => row.user_id), local.rejected.map(told)], [["7"], [[1, "amount_precision", undefined], [2, "missing_fact", "user_id"]]]);
  const unknown = tableToIPC(tableFromArrays({ merchnt: ["x"] }));
  assert.deepEqual([thrown(() => rules.simulate(unknown)).code, thrown(() => rules.simulate(unknown)).path], ["unknown_fact", "transactions.merchnt"]);
});

test("what is cut off, damaged, compressed or no Arrow is an error with a code, soon", LIMIT, () => {
  assert.equal(thrown(() => rules.simulate(bytes("compressed.arrow"))).code, "wrong_type");
  assert.match(thrown(() => rules.simulate(bytes("compressed.arrow"))).message, /compressed with LZ4/);
  for (const other of [new Uint8Array(), new TextEncoder().encode("[]"), new Uint8Array(1000), new Uint8Array(1000).fill(255)]) {
    assert.deepEqual([thrown(() => new rewards.Purchases(other)).code, thrown(() => new rewards.Purchases(other)).path], ["invalid_syntax", "transactions"]);
  }
  const whole = rules.simulate(rows).summary.purchases;
  const settled = (damaged) => {
    const from = performance.now();
    let code = "";
    try {
      const { summary } = rules.simulate(damaged, { rows: false });
      assert.ok(summary.purchases + summary.rejected <= damaged.length * 8);
    } catch (error) {
      assert.ok(error instanceof rewards.RewardsError && error.code !== "engine_failed", `${error}`);
      code = error.code;
    }
    assert.ok(performance.now() - from < 5000, "it took long");
    return code;
  };
  for (const name of NAMES) {
    const sound = bytes(name);
    let errors = 0;
    for (let at = 0; at < sound.length; at += 1) {
      const damaged = sound.slice();
      damaged[at] ^= 1 << at % 8;
      errors += settled(damaged) === "" ? 0 : 1;
      if (at % 4 === 0) {
        for (const filler of [0, 0x7f, 0xff]) settled(sound.slice().fill(filler, at, at + 8));
      }
      if (name.endsWith("w") && at % 16 === 0) assert.equal(settled(sound.subarray(0, at)), "invalid_syntax", `${name} up to ${at}`);
    }
    assert.ok(errors > 300, `${errors} errors in ${name}`);
  }
  assert.equal(rules.simulate(rows).summary.purchases, whole, "the engine is well");
});

test("a page and a worker in Chromium take tables of Arrow", LIMIT, async () => {
  const browser = await open();
  try {
    const page = await browser.page();
    const due = rules.simulate(rows);
    const found = await page.evaluate(async ({ program, names }) => {
      const rewards = await import("/bindings/wasm/pkg/index.js");
      const { RewardsWorker } = await import("/bindings/wasm/pkg/client.js");
      await rewards.init();
      const worker = await RewardsWorker.start();
      const [near, far] = [rewards.compile({ "program.yaml": program }), await worker.compile({ "program.yaml": program })];
      const answers = [];
      for (const name of names) {
        const bytes = new Uint8Array(await (await fetch(`/bindings/wasm/test/arrow/${name}`)).arrayBuffer());
        const purchases = await worker.purchases(bytes);
        answers.push(near.simulate(bytes), await far.simulate(purchases));
        await purchases.free();
      }
      const code = await worker.purchases(new Uint8Array([1, 2, 3])).then(() => "nothing", (error) => `${error.code} ${error.path}`);
      worker.end();
      return { answers, code };
    }, { program: PROGRAM, names: NAMES });
    assert.equal(found.code, "invalid_syntax transactions");
    assert.equal(found.answers.length, 2 * NAMES.length);
    for (const answer of found.answers) assert.deepEqual(answer, due);
    assert.deepEqual(browser.wrong, []);
  } finally {
    await browser.close();
  }
});
