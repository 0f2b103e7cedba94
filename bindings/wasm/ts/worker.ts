// The engine in a worker of its own, so that a page stays quick whatever it asks. `client.ts` speaks to it.

import * as engine from "./engine.js";
import { errorOf, RewardsError } from "./error.js";
import { isHandle, type Question, type Reply } from "./protocol.js";
import { init } from "./start.js";
import type { Rows, Sample } from "./values.js";

/** What the worker holds for the page, by number. */
const held = new Map<number, object>();
let next = 1;

/** What a page may ask of the engine itself. */
const functions: Record<string, (...given: never[]) => unknown> = {
  init: (from?: string) => init(from),
  version: engine.version,
  reasons: engine.reasons,
  check: engine.check,
  compile: engine.compile,
  compare: engine.compare,
  compareSamples: engine.compareSamples,
  format: engine.format,
  purchases: (rows: Rows<engine.PurchaseRow>, members?: Rows<engine.MemberRow>) => new engine.Purchases(rows, members),
  samples: (samples: Sample[] | string) => new engine.Samples(samples),
  ledger: (rules: engine.RuleSet) => new engine.Ledger(rules),
  editor: (files?: engine.Files) => new engine.Editor(files),
};

/** What a page may ask of an object that the worker holds. */
const methods: ReadonlySet<string> = new Set([
  "evaluate", "evaluateJson", "explain", "explainText", "usageKeys", "graph", "simulate", "explainRow",
  "addMember", "purchaseJson", "refundJson", "redeem", "standing",
  "set", "remove", "complete", "hover", "definitions", "references",
]);

/** An object that the engine made stays here; the page gets its number. */
function sent(value: unknown): unknown {
  const stays = value instanceof engine.RuleSet || value instanceof engine.Purchases || value instanceof engine.Samples || value instanceof engine.Ledger || value instanceof engine.Editor;
  if (stays) {
    const number = next++;
    held.set(number, value);
    return { $object: number, about: { ...value } };
  }
  if (typeof value === "object" && value !== null && "rules" in value) return { ...value, rules: sent(value.rules) };
  return value;
}

function received(value: unknown): unknown {
  return isHandle(value) ? object(value.$object) : value;
}

function object(number: number): object {
  const found = held.get(number);
  if (!found) throw new RewardsError({ code: "released", message: "this object was released with `free()` and cannot be used any more" });
  return found;
}

function answer({ object: number, method, arguments: given }: Question): unknown {
  const values = given.map(received) as never[];
  if (number === 0) {
    const known = Object.hasOwn(functions, method) ? functions[method] : undefined;
    if (known) return known(...values);
  } else if (method === "free") {
    const freed = held.get(number) as { free(): void } | undefined;
    held.delete(number);
    return freed?.free();
  } else if (methods.has(method)) {
    const target = object(number) as Record<string, (...given: never[]) => unknown>;
    const known = target[method];
    if (typeof known === "function") return known.apply(target, values);
  }
  throw new RewardsError({ code: "wrong_type", message: `the engine has no \`${method}\` here` });
}

/** One question after the other, so that what was asked first is answered first. */
let last: Promise<unknown> = Promise.resolve();

self.addEventListener("message", ({ data }: MessageEvent<Question>) => {
  last = last.then(async () => {
    let reply: Reply;
    try {
      reply = { id: data.id, value: sent(await answer(data)) };
    } catch (thrown) {
      reply = { id: data.id, error: errorOf(thrown).toJSON() };
    }
    self.postMessage(reply);
  });
});
