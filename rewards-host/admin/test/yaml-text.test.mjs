// A form writes into the text of a rule file: one value changes, and every other letter stays.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { createServer } from "vite";

/** @type {import("vite").ViteDevServer} */ let vite;
/** @type {typeof import("../src/editor/yaml-text.ts").YamlText} */ let YamlText;
/** @type {typeof import("../src/preview/samples.ts").ofTests} */ let ofTests;

before(async () => {
  vite = await createServer({ configFile: false, root: new URL("..", import.meta.url).pathname, server: { middlewareMode: true, ws: false }, appType: "custom", logLevel: "error" });
  ({ YamlText } = await vite.ssrLoadModule("/src/editor/yaml-text.ts"));
  ({ ofTests } = await vite.ssrLoadModule("/src/preview/samples.ts"));
});
after(async () => {
  await vite?.close();
});

const TEXT = `# Weekend dining, agreed with the association.
campaign: weekend-dining
name: 'Weekend dining'   # as on the posters
type: percentage
days: [sat, sun]
hours: {from: "17:00", to: "23:00"}  # local time

when: tx.category == "dining"
reward: {rate: 2%}
caps:
  # Two in a month.
  per_member: {amount: 30.00, per: month}
  budget: 100000.00   # all members
`;

/** @param {(string | number)[]} path @param {string | string[] | undefined} value @param {import("../src/editor/yaml-text.ts").Spelling} [spelling] */
const changed = (path, value, spelling) => new YamlText(TEXT).with(path, value, spelling).text;

test("values are read as they were written", () => {
  const yaml = new YamlText(TEXT);
  assert.equal(yaml.value(["caps", "budget"]), "100000.00");
  assert.equal(yaml.value(["hours", "from"]), "17:00");
  assert.deepEqual(yaml.value(["days"]), ["sat", "sun"]);
  assert.deepEqual(yaml.value(["caps"]), { other: true });
  assert.equal(yaml.value(["audience", "share"]), undefined);
  assert.deepEqual(yaml.keys(["caps"]), ["per_member", "budget"]);
});

test("one value changes and all else stays", () => {
  for (const [path, value, was, is] of /** @type {[string[], string | string[] | undefined, string, string][]} */ ([
    [["reward", "rate"], "5%", "{rate: 2%}", "{rate: 5%}"],
    [["name"], "Sunday: dining", "'Weekend dining'", '"Sunday: dining"'],
    [["hours", "from"], "18:00", '"17:00"', '"18:00"'],
    [["days"], ["fri", "sat"], "[sat, sun]", "[fri, sat]"],
    [["when"], 'tx.category in ["dining", "bars"]', 'tx.category == "dining"', 'tx.category in ["dining", "bars"]'],
    [["caps", "budget"], undefined, "  budget: 100000.00   # all members\n", ""],
    [["caps", "per_member", "amount"], undefined, "{amount: 30.00, per: month}", "{per: month}"],
    [["days"], undefined, "days: [sat, sun]\n", ""],
    [["hours"], undefined, 'hours: {from: "17:00", to: "23:00"}  # local time\n', ""],
    [["reward", "rate"], undefined, "reward: {rate: 2%}\n", ""],
    [["reward", "up_to", "spend"], "500.00", "{rate: 2%}", "{rate: 2%, up_to: {spend: 500.00}}"],
    [["caps", "uses", "count"], "4", "# all members\n", "# all members\n  uses: {count: 4}\n"],
    [["min_transaction"], "20.00", "# all members\n", "# all members\nmin_transaction: 20.00\n"],
    [["audience", "segments"], ["a, b", "c"], "# all members\n", '# all members\naudience: {segments: ["a, b", c]}\n'],
  ])) {
    assert.equal(changed(path, value), TEXT.replace(was, is), path.join("."));
  }
});

test("a spelling that is asked for is kept to", () => {
  assert.equal(changed(["active", "from"], "2026-01-01", "quoted"), `${TEXT}active: {from: "2026-01-01"}\n`);
  assert.equal(changed(["name"], "", "as needed"), TEXT.replace("'Weekend dining'", '""'));
});

test("lists of several lines keep their comments", () => {
  const text = "campaign: a\ndays:\n  - sat  # long\n  # and\n  - sun\ntype: fixed\n";
  const yaml = new YamlText(text);
  assert.equal(yaml.with(["days"], ["sun", "mon"]).text, "campaign: a\ndays:\n  # and\n  - sun\n  - mon\ntype: fixed\n");
  assert.equal(yaml.with(["days"], ["sat", "sun", "fri"]).text, text.replace("  - sun\n", "  - sun\n  - fri\n"));
});

test("a campaign of a list, and a file without a last line break, are written into as well", () => {
  const text = "campaigns:\n  - campaign: a\n    type: fixed\n    reward: {fixed: 1.00}\n  - campaign: b\n    type: fixed";
  const yaml = new YamlText(text);
  assert.equal(yaml.length(["campaigns"]), 2);
  assert.equal(yaml.with(["campaigns", 0, "priority"], "10").text, text.replace("{fixed: 1.00}\n", "{fixed: 1.00}\n    priority: 10\n"));
  assert.equal(yaml.with(["campaigns", 1, "reward", "fixed"], "2.00").text, `${text}\n    reward: {fixed: 2.00}\n`);
  assert.equal(yaml.with(["campaigns", 1, "campaign"], undefined).text, text.replace("campaign: b\n    type", "type"));
});

test("an empty value is filled in, and a broken text is left alone", () => {
  assert.equal(new YamlText("campaign: a\nname:\ntype: fixed\n").with(["name"], "A").text, "campaign: a\nname: A\ntype: fixed\n");
  assert.equal(new YamlText("campaign: a\ncaps:\ntype: fixed\n").with(["caps", "budget"], "9").text, "campaign: a\ncaps: {budget: 9}\ntype: fixed\n");
  for (const text of ["a: [", "", "- a\n", "a: 1\n---\nb: 2\n"]) {
    const yaml = new YamlText(text);
    assert.equal(yaml.isSound, false, text);
    assert.equal(yaml.with(["name"], "A").text, text);
  }
});

test("purchases of tests are taken digit for digit, each of somebody else", () => {
  const tests = `tests:
  - name: a cent
    given: {member: {tier: gold}, usage: {base.all.spend.year: 5950.00}}
    transaction: {id: t1, amount: 1.50, mcc: "0742", gift: true, currency: USD, occurred_at: "2026-03-02T10:00:00Z"}
    expect: {total: "0.01"}
  - name: steps
    steps:
      - transaction: {id: t2, amount: 2, currency: USD, occurred_at: "2026-03-02T10:00:00Z"}
      - refund: {id: r1, original: t2, amount: 1, occurred_at: "2026-03-03T10:00:00Z"}
  - name: wrong on purpose
    transaction: {id: t3, amount: x}
    expect: {error: wrong_type}
`;
  const found = ofTests({ "a.test.yaml": tests, "program.yaml": "program: p\n" });
  assert.deepEqual(found.map((one) => [one.name, one.transaction["amount"], one.member["id"]]), [["a cent", "1.50", "test-1"], ["steps", "2", "test-2"]]);
  assert.deepEqual([found[0]?.transaction["mcc"], found[0]?.transaction["gift"], found[0]?.member["tier"]], ["0742", true, "gold"]);
  assert.deepEqual(found[0]?.usage, { "base.all.spend.year": "5950.00" });
});
