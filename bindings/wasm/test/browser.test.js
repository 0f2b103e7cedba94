// Chromium answers the same bytes as the engine on the whole corpus, and the worker the same as the page.

import assert from "node:assert/strict";
import test, { after, before } from "node:test";

import { open } from "./browser.js";
import { corpus, pack, table } from "./read.js";

let browser;
before(async () => {
  browser = await open();
});
after(async () => {
  await browser?.close();
});

test("every case of the corpus gives the bytes of the engine in Chromium", async () => {
  const page = await browser.page();
  const { cases, different } = await page.evaluate(async (corpus) => {
    const rewards = await import("/bindings/wasm/pkg/index.js");
    const { runCorpus } = await import("/bindings/wasm/test/corpus.js");
    await rewards.init();
    return runCorpus(rewards, corpus);
  }, corpus());
  assert.equal(different.length, 0, different.slice(0, 10).join("\n"));
  assert.ok(cases > 500);
  console.log(`${cases} cases in Chromium ${browser.version}, the same bytes`);
});

test("a worker answers as the page does, with objects, errors and comparisons", async () => {
  const page = await browser.page();
  const files = pack("supermarket-loyalty");
  const rows = table("examples/purchases/purchases.csv", 300);
  const found = await page.evaluate(async ({ files, rows }) => {
    const { RewardsWorker } = await import("/bindings/wasm/pkg/client.js");
    const rewards = await import("/bindings/wasm/pkg/index.js");
    await rewards.init();
    const worker = await RewardsWorker.start();
    const [near, far] = [rewards.compile(files), await worker.compile(files)];
    const purchase = { id: "t1", amount: "20.00", currency: "USD", occurred_at: "2017-03-02T10:00:00Z", category: "grocery" };
    const code = async (what) => {
      try {
        await what();
        return "nothing was thrown";
      } catch (error) {
        return error instanceof rewards.RewardsError ? `${error.code} ${error.path ?? ""}`.trim() : String(error);
      }
    };
    const changed = { ...files, "program.yaml": files["program.yaml"].replace(/rate: \S+%/, "rate: 9%") };
    const [nearNew, farNew] = [rewards.compile(changed), await worker.compile(changed)];
    const [nearRows, farRows] = [new rewards.Purchases(rows), await worker.purchases(rows)];
    const samples = rows.slice(0, 50).map(({ transaction_id: id, user_id, ...rest }) => ({ transaction: { id, ...rest }, member: { id: user_id } }));
    const [nearSamples, farSamples] = [new rewards.Samples(samples), await worker.samples(samples)];
    const editor = await worker.editor(files);
    const at = files["program.yaml"].indexOf("tx.") + 3;
    const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);
    const answers = {
      about: [far.hash === near.hash, far.program === near.program, same(far.levels, near.levels), farRows.length],
      bytes: (await far.evaluateJson(purchase)) === near.evaluateJson(purchase),
      compared: same(await worker.compare(far, farNew, farRows), rewards.compare(near, nearNew, nearRows)),
      samples: same(await worker.compareSamples(far, farNew, farSamples), rewards.compareSamples(near, nearNew, nearSamples)),
      sampled: (await worker.compareSamples(far, farNew, farSamples)).rows.length,
      row: same(await far.explainRow(farRows, 250), near.explainRow(nearRows, 250)),
      complete: (await editor.complete("program.yaml", at)).list.length > 3,
      codes: [
        await code(() => far.evaluate({ ...purchase, amount: 20.5 })),
        await code(() => far.evaluate({ ...purchase, amount: "1.234" })),
        await code(() => worker.compile({ "program.yaml": "a: 1" })),
        await code(() => worker.ask(0, "constructor", [])),
        await code(() => worker.ask(far.handle.$object, "held", [])),
        await code(() => worker.samples([{ transaction: purchase, usage: { a: 3 } }])),
      ],
    };
    const open = await worker.check({ "program.yaml": "program: 1\n" });
    answers.check = [open.rules, open.findings.length > 0];
    await far.free();
    answers.freed = await code(() => far.evaluate(purchase));
    worker.end();
    answers.ended = await code(() => worker.format("a.yaml", "a: 1"));
    return answers;
  }, { files, rows });
  assert.deepEqual(found, {
    about: [true, true, true, 300],
    bytes: true,
    compared: true,
    samples: true,
    sampled: 50,
    row: true,
    complete: true,
    codes: ["wrong_type transaction.amount", "amount_precision", "invalid_rules", "wrong_type", "wrong_type", "wrong_type samples[0].usage.a"],
    check: [null, true],
    freed: "released",
    ended: "engine_failed",
  });
});

test("nothing went wrong in a page behind its back", () => {
  assert.deepEqual(browser.wrong, []);
});
