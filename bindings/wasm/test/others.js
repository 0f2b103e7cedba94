// The corpus in a runtime that has no test runner of Node's: `deno run --allow-read others.js`, `bun run others.js`.

import { readFileSync } from "node:fs";

import * as rewards from "../pkg/index.js";
import { runCorpus } from "./corpus.js";

const corpus = JSON.parse(readFileSync(new URL("../../../target/tmp/conformance.json", import.meta.url), "utf8"));
await rewards.init();
const { cases, different } = runCorpus(rewards, corpus);
if (different.length > 0 || cases < 500) throw new Error(`${different.length} of ${cases} cases differ:\n${different.slice(0, 10).join("\n")}`);
console.log(`${cases} cases, the same bytes`);
