// How large and how quick the package is, in real Chromium. Prints figures; asserts none of them.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, gzipSync } from "node:zlib";

import { open } from "../test/browser.js";
import { pack, root, table } from "../test/read.js";

const ROUNDS = 15;
const median = (list) => list.toSorted((a, b) => a - b)[Math.floor(list.length / 2)];
const ms = (list) => `${median(list).toFixed(1)} ms (from ${Math.min(...list).toFixed(1)} to ${Math.max(...list).toFixed(1)})`;
const line = (name, value) => console.log(`  ${name.padEnd(58)}${value}`);

const wasm = readFileSync(join(root, "bindings/wasm/pkg/engine/rewards_wasm_bg.wasm"));
console.log("\nsize, aim: at most 800 KB compressed");
line("rewards_wasm_bg.wasm", `${(wasm.length / 1024).toFixed(0)} KB`);
line("gzip -9", `${(gzipSync(wasm, { level: 9 }).length / 1024).toFixed(0)} KB`);
line("brotli", `${(brotliCompressSync(wasm).length / 1024).toFixed(0)} KB`);

const files = pack("supermarket-loyalty");
const changed = { ...files, "program.yaml": files["program.yaml"].replace(/rate: \S+%/, "rate: 9%") };
const rows = table("examples/purchases/purchases.csv", 10_000);
const members = table("examples/purchases/members.csv");
const samples = rows.map(({ transaction_id: id, user_id, ...rest }) => ({ transaction: { id, ...rest }, member: { id: user_id }, usage: {} }));

const browser = await open();
console.log(`\nChromium ${browser.version}, the supermarket's rules, ${rows.length} of its purchases, ${members.length} members`);

const starts = [];
for (let round = 0; round < ROUNDS; round += 1) {
  const page = await browser.page();
  starts.push(
    await page.evaluate(async () => {
      // The bytes are there, as from the browser's cache: the start of the engine, not of the network.
      const bytes = await (await fetch("/bindings/wasm/pkg/engine/rewards_wasm_bg.wasm")).arrayBuffer();
      const { init, version } = await import("/bindings/wasm/pkg/index.js");
      const from = performance.now();
      await init(bytes);
      version();
      return performance.now() - from;
    }),
  );
  await page.context().close();
}
line("start of the engine, bytes at hand, aim: 50 ms", ms(starts));

const page = await browser.page();
const figures = await page.evaluate(
  async ({ files, changed, rows, members, samples, rounds }) => {
    const rewards = await import("/bindings/wasm/pkg/index.js");
    const { RewardsWorker } = await import("/bindings/wasm/pkg/client.js");
    await rewards.init();
    const times = async (what) => {
      for (let warm = 0; warm < 3; warm += 1) await what();
      const list = [];
      for (let round = 0; round < rounds; round += 1) {
        const from = performance.now();
        await what();
        list.push(performance.now() - from);
      }
      return list;
    };
    const [old, next] = [rewards.compile(files), rewards.compile(changed)];
    const purchases = new rewards.Purchases(rows, members);
    const recent = new rewards.Samples(samples);
    const worker = await RewardsWorker.start();
    const there = { old: await worker.compile(files), purchases: await worker.purchases(rows, members) };
    let round = 0;
    const edit = () => ({ ...changed, "program.yaml": `${changed["program.yaml"]}# ${(round += 1)}\n` });
    const one = samples[5000];
    return {
      "compile the rules": await times(() => rewards.check(edit()).rules.free()),
      "read 10,000 purchases": await times(() => new rewards.Purchases(rows, members).free()),
      "simulate 10,000 purchases, sums": await times(() => old.simulate(purchases, { rows: false })),
      "simulate 10,000 purchases, a row each": await times(() => old.simulate(purchases)),
      "preview 10,000 purchases, old against new, sums": await times(() => rewards.compare(old, next, purchases, { rows: false })),
      "preview 10,000 purchases, old against new, a row each": await times(() => rewards.compare(old, next, purchases)),
      "preview 10,000 samples, old against new, a row each": await times(() => rewards.compareSamples(old, next, recent)),
      "a key is typed: compile and preview 10,000 in the worker": await times(async () => {
        const { rules } = await worker.check(edit());
        await worker.compare(there.old, rules, there.purchases, { rows: false });
        await rules.free();
      }),
      "evaluate one purchase": await times(() => old.evaluate(one.transaction, one.member)),
      "explain purchase 5,000 with its picture": await times(() => old.explainRow(purchases, 5000)),
    };
  },
  { files, changed, rows, members, samples, rounds: ROUNDS },
);
for (const [name, list] of Object.entries(figures)) line(name, ms(list));
await browser.close();
