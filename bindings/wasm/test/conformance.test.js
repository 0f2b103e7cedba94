// Node answers the same bytes as the engine on the whole corpus.

import assert from "node:assert/strict";
import test from "node:test";

import * as rewards from "../pkg/index.js";
import { difference, runCorpus } from "./corpus.js";
import { corpus } from "./read.js";

test("every case of the corpus gives the bytes of the engine", async () => {
  await rewards.init();
  const { cases, different } = runCorpus(rewards, corpus());
  assert.equal(different.length, 0, different.slice(0, 10).join("\n"));
  assert.ok(cases > 500);
  console.log(`${cases} cases, the same bytes`);
});

test("a difference names the first component that differs", () => {
  const due = JSON.stringify({ components: [{ id: "a", granted: "1.00" }, { id: "b", granted: "2.00" }], usage: [] });
  const found = JSON.stringify({ components: [{ id: "a", granted: "1.00" }, { id: "b", granted: "2.01" }], usage: [1] });
  assert.match(difference(due, found), /^components\[1\]\n.*"2\.00".*\n.*"2\.01"/);
  assert.match(difference(due, due.replace("[]", "[1]")), /^usage/);
  assert.match(difference(due, due.replace(":", ": ")), /^byte 13/);
  const { different } = runCorpus(
    { compile: () => ({ evaluateJson: () => found, free() {} }) },
    { cases: [{ name: "one", rules: {}, transaction: "{}", outcome: due }] },
  );
  assert.match(different[0], /^one: components\[1\]/);
});
