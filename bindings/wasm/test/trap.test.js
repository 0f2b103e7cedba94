// A trap of the engine: it comes out as an error with a code, and from then on nothing is asked of broken memory.
// Apart from the other tests because it ends the engine of its process.

import assert from "node:assert/strict";
import test from "node:test";

import { call, RewardsError } from "../pkg/error.js";
import * as rewards from "../pkg/index.js";

// (module (func (export "f") unreachable))
const TRAP = new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 7, 5, 1, 1, 102, 0, 0, 10, 5, 1, 3, 0, 0, 11]);

test("before it is started the engine says so", () => {
  assert.throws(() => rewards.version(), (error) => error instanceof RewardsError && error.code === "not_started");
});

test("a trap is an error with a code, and ends the engine", async () => {
  await rewards.init();
  const { instance } = await WebAssembly.instantiate(TRAP);
  const ended = (error) => error instanceof RewardsError && error.code === "engine_failed" && /anew/.test(error.message);
  assert.throws(() => call(() => instance.exports.f()), ended);
  assert.throws(() => rewards.version(), ended);
});
