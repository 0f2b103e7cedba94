// The package as a program uses it: inputs and their digits, errors, findings, simulation, the editor's answers.

import assert from "node:assert/strict";
import test, { before } from "node:test";

import * as rewards from "../pkg/index.js";
import { pack, table } from "./read.js";

const PROGRAM = `program: card
currency: USD
timezone: America/New_York
base:
  - id: groceries
    when: tx.category == "groceries"
    rate: 2%
  - id: all
    rate: 1%
`;
const AT = "2026-03-02T10:00:00-05:00";
const purchase = { id: "t1", amount: "250.05", currency: "USD", occurred_at: AT };

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

/** Whatever comes of it: if something is thrown, it is an error with a code. */
function settles(what) {
  try {
    what();
  } catch (error) {
    assert.ok(error instanceof rewards.RewardsError && error.code !== "engine_failed", `${error}`);
  }
}

let rules;
before(async () => {
  await rewards.init();
  rules = rewards.compile({ "program.yaml": PROGRAM });
});

test("an object and its JSON give the same bytes", () => {
  const text = '{"id": "t1", "amount": 250.05, "currency": "USD", "occurred_at": "2026-03-02T10:00:00-05:00"}';
  const due = rules.evaluateJson(purchase);
  assert.equal(rules.evaluateJson(text), due, "digits of JSON text are read as they stand");
  assert.equal(rules.evaluateJson({ ...purchase, occurred_at: new Date(AT) }), due);
  assert.equal(rules.evaluateJson(new Map(Object.entries(purchase))), due);
  assert.equal(rules.evaluate(purchase).totals.total, "2.50");
  assert.equal(rules.evaluate({ ...purchase, amount: 250n }).totals.total, "2.50");
  assert.equal(rules.hash.slice(0, 7), "sha256:");
  assert.deepEqual([rules.program, rules.currency, rules.currencyDecimals, rules.timezone], ["card", "USD", 2, "America/New_York"]);
});

test("a JavaScript number where a decimal is due is an error that says how to give it", () => {
  for (const [value, path] of [
    [{ ...purchase, amount: 250.05 }, "transaction.amount"],
    [{ ...purchase, amount: 250 }, "transaction.amount"],
    [{ ...purchase, items: [{ amount: "1" }, { amount: 2 }] }, "transaction.items[1].amount"],
    [{ ...purchase, fee: 0.1 }, "transaction.fee"],
    [{ ...purchase, fee: 2 ** 60 }, "transaction.fee"],
    [{ ...purchase, fee: NaN }, "transaction.fee"],
  ]) {
    const error = thrown(() => rules.evaluate(value));
    assert.deepEqual([error.code, error.path], ["wrong_type", path]);
    assert.match(error.message, /as text/);
  }
  assert.equal(thrown(() => rules.evaluate(purchase, { id: "m", spending: 3 })).path, "member.spending");
  assert.equal(thrown(() => rules.evaluate(purchase, undefined, { "base.all.spend.month": 3 })).path, "usage.base.all.spend.month");
  assert.equal(thrown(() => rules.simulate([{ transaction_id: "t1", amount: 3.5 }])).path, "transactions[0].amount");
  // Whole numbers that are no money are exact.
  rules.evaluate(purchase, { id: "m", billing_day: 15, purchases: 3 });
});

test("errors are objects with code, message and path", () => {
  const error = thrown(() => rules.evaluate({ ...purchase, currency: "EUR" }));
  assert.equal(error.code, "currency_mismatch");
  const missing = thrown(() => rules.evaluate({ ...purchase, occurred_at: undefined }));
  assert.deepEqual([missing.code, missing.path, missing.name], ["missing_fact", "transaction.occurred_at", "RewardsError"]);
  assert.deepEqual(Object.keys(JSON.parse(JSON.stringify(missing))), ["code", "message", "path"]);
  const files = thrown(() => rewards.compile({ "program.yaml": `${PROGRAM}tier: {}\n` }));
  assert.equal(files.code, "invalid_rules");
  assert.match(files.message, /error\[R0101\]/);
  assert.equal(files.findings[0].code, "R0101");
  assert.equal(thrown(() => rewards.check({ "program.yaml": 3 })).path, "files.program.yaml");
  assert.equal(thrown(() => rules.graph("gif")).path, "format");
});

test("an expression that fails names its rule and its place", () => {
  const campaign = "campaign: all-in\ntype: scripted\nreward: {amount: tx.amount / (tx.amount - tx.amount)}\n";
  const dividing = rewards.compile({ "program.yaml": PROGRAM, "all-in.yaml": campaign });
  const error = thrown(() => dividing.evaluate(purchase));
  assert.deepEqual([error.code, error.rule, error.place.file], ["division_by_zero", "all-in", "all-in.yaml"]);
});

test("findings have the stretch that an editor underlines, in UTF-16 units", () => {
  const text = `# 🎁 é\n${PROGRAM}pririty: 1\n`;
  const { rules: none, findings } = rewards.check({ "program.yaml": text });
  assert.equal(none, null);
  const { from, to } = findings[0].range;
  assert.equal(text.slice(from, to), "pririty");
  const warned = rewards.check({ "program.yaml": `${PROGRAM}lists:\n  unused: [a]\n` });
  assert.ok(warned.rules && warned.findings.every((finding) => finding.severity === "warning") && warned.findings.length > 0);
  assert.equal(rewards.check({}).findings[0].range, undefined);
});

test("nothing that is hostile stops the engine", () => {
  const deep = "[".repeat(100_000);
  const cyclic = { id: "t1" };
  cyclic.self = cyclic;
  const hostile = [
    "", "null", "[]", "{", deep, `{"a":${deep}`, '{"id":"\\ud800"}', "\u0000", '{"amount":1e999999999}', `{"amount":${"9".repeat(100_000)}}`,
    { ...purchase, id: "x".repeat(1_000_000) }, { ...purchase, occurred_at: "9".repeat(1000) }, { ...purchase, amount: "-0" },
    { ...purchase, occurred_at: "+999999-01-01T00:00:00Z" }, { ...purchase, occurred_at: "0000-01-01T00:00:00Z" },
    { ...purchase, amount: "9".repeat(38) }, { ...purchase, items: Array.from({ length: 1000 }, () => ({ amount: "999999999999999" })) },
    cyclic, { f() {} }, { s: Symbol("s") }, { d: new Date(NaN) }, 3, true, null, undefined, [], () => 1,
  ];
  for (const input of hostile) {
    settles(() => rules.evaluate(input));
    settles(() => rules.explainText(input));
    settles(() => rules.graph("svg", input));
  }
  for (const member of ["{", '{"id":"m","tier":"gold"}', { id: "m", birthday: "yesterday" }, { id: "" }, { id: "m", nested: {} }]) {
    settles(() => rules.evaluate(purchase, member));
  }
  for (const rows of ["", "{}", "[1]", deep, '[{"transaction_id":"a"}]', [{ unknown: "a" }], [3], "[[]]"]) {
    thrown(() => rules.simulate(rows));
  }
  for (const samples of ["", "{}", "[1]", deep, '[{"member":{}}]', [{ transaction: 3 }]]) {
    settles(() => rewards.compareSamples(rules, rules, new rewards.Samples(samples)));
  }
  for (const text of ["\u0000", deep, "a: &a [*a]", "- ".repeat(10_000), "'", "%", "\ud800", "? ? ? ?", `when: ${"(".repeat(10_000)}`, "a: |\n  ".repeat(1000)]) {
    rewards.check({ "program.yaml": text });
    rewards.check({ "scripts/a.rhai": text, "program.yaml": PROGRAM });
    const editor = new rewards.Editor({ "program.yaml": text });
    for (const offset of [0, 1, text.length, 1e9]) {
      editor.complete("program.yaml", offset);
      editor.hover("program.yaml", offset);
      editor.definitions("nothing.yaml", offset);
    }
    editor.free();
  }
  assert.equal(rules.evaluate(purchase).totals.total, "2.50", "the engine is well");
});

test("what was freed says so", () => {
  const gone = rewards.compile({ "program.yaml": PROGRAM });
  gone.free();
  gone.free();
  assert.equal(thrown(() => gone.evaluate(purchase)).code, "released");
});

test("explanations tell every rule that did not grant, and the picture is lit", () => {
  const outcome = rules.explain(purchase);
  assert.deepEqual(outcome.rejected.map((r) => [r.id, r.reason]), [["groceries", "condition_false"]]);
  assert.match(rules.explainText(purchase), /groceries.*its condition is not met/);
  assert.equal(rewards.reasons().condition_false, "its condition is not met");
  assert.match(rules.graph("mermaid"), /^(---|flowchart)/);
  const [dark, lit] = [rules.graph("svg"), rules.graph("svg", purchase)];
  assert.ok(dark.startsWith("<svg") && lit.startsWith("<svg") && dark !== lit);
  assert.deepEqual(JSON.parse(rules.graph("json", purchase)).transaction, "t1");
  assert.ok(Array.isArray(rules.usageKeys(purchase)));
});

test("purchases are simulated in order, with what is wrong told by row", () => {
  const shop = rewards.compile(pack("supermarket-loyalty"));
  const rows = table("examples/purchases/purchases.csv", 2000);
  const purchases = new rewards.Purchases(rows, table("examples/purchases/members.csv"));
  const { rows: told, rejected, summary } = shop.simulate(purchases);
  assert.deepEqual([told.length, rejected.length, summary.purchases], [2000, 0, 2000]);
  const cents = told.reduce((sum, row) => sum + BigInt(row.total.replace(".", "")), 0n);
  assert.equal(summary.total, `${cents / 100n}.${String(cents % 100n).padStart(2, "0")}`);
  assert.equal(shop.simulate(purchases, { rows: false }).rows, undefined);
  // One of them in full is what the simulation said of it.
  const at = told.findIndex((row, index) => index > 500 && row.campaign !== "0.00");
  const full = shop.explainRow(purchases, Math.max(at, 700));
  assert.equal(full.outcome.totals.total, told[Math.max(at, 700)].total);
  assert.ok(full.outcome.rejected.length > 0 && full.graph.startsWith("<svg") && full.text.includes(full.outcome.transaction_id));
  assert.equal(thrown(() => shop.explainRow(purchases, 2000)).path, "row");
  // A row that is wrong changes nothing but is told.
  const broken = shop.simulate([rows[1], { ...rows[0], amount: "1.234" }, { ...rows[2], transaction_id: "late", occurred_at: "2016-01-01T00:00:00Z" }]);
  assert.deepEqual(broken.rejected.map(({ row, code }) => [row, code]), [[1, "amount_precision"], [2, "out_of_order"]]);
  assert.equal(thrown(() => shop.simulate([{ ...rows[0], merchnt: "x" }])).code, "unknown_fact");
});

test("a change of rules is compared over purchases", () => {
  const files = pack("supermarket-loyalty");
  const purchases = new rewards.Purchases(table("examples/purchases/purchases.csv", 500));
  const old = rewards.compile(files);
  const same = rewards.compare(old, old, purchases);
  assert.deepEqual([same.changes.length, same.costs.gain.count, same.costs.lose.count, same.rows.length], [0, 0, 0, 500]);
  const changed = rewards.compile({ ...files, "program.yaml": files["program.yaml"].replace(/rate: (\S+)%/, "rate: 9%") });
  const { words, costs, rows } = rewards.compare(old, changed, purchases);
  assert.match(words[0], /rate .* → 9 %/);
  assert.ok(costs.gain.count > 0 && Number(costs.total.difference) > 0);
  const sum = (side) => rows.reduce((total, row) => total + BigInt(row[side].total.replace(".", "")), 0n);
  assert.equal(sum("old"), BigInt(costs.total.old.replace(".", "")));
  assert.equal(sum("new"), BigInt(costs.total.new.replace(".", "")));
  const yen = rewards.compile({ "program.yaml": PROGRAM.replace("USD", "JPY") });
  assert.equal(thrown(() => rewards.compare(old, yen, purchases)).code, "cannot_compare");
});

test("the editor completes, explains and finds definitions", () => {
  const text = `${PROGRAM}# é🎁\nlists:\n  food: [groceries]\npools: {}\n`;
  const editor = new rewards.Editor({ "program.yaml": text });
  const at = text.indexOf("tx.category") + 4;
  const { list, from, to } = editor.complete("program.yaml", at);
  assert.equal(text.slice(from, to), "tx.c");
  assert.ok(list.some((entry) => entry.label === "tx.category" && entry.kind === "fact"));
  const after = text.indexOf("food");
  const hover = editor.hover("program.yaml", after);
  assert.equal(text.slice(hover.from, hover.to), "food");
  editor.set("spring.yaml", "campaign: spring\ntype: percentage\nwhen: tx.category in food\nreward: {rate: 1%}\n");
  const [definition] = editor.definitions("spring.yaml", "campaign: spring\ntype: percentage\nwhen: tx.category in f".length);
  assert.deepEqual([definition.path, text.slice(definition.from, definition.to)], ["program.yaml", "food"]);
  assert.equal(editor.references("program.yaml", after).length, 2);
  editor.remove("spring.yaml");
  assert.equal(editor.references("program.yaml", after).length, 1);
});

test("a file is laid out as the command does it", () => {
  assert.equal(rewards.format("program.yaml", "program:   card\n"), "program: card\n");
  assert.equal(thrown(() => rewards.format("program.yaml", "a: [")).code, "invalid_rules");
  assert.equal(rewards.version(), "0.1.0");
});
