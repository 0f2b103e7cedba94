// The one kind of error that leaves this package, and how it is made of whatever the engine throws.

import type { Finding, Place } from "./border.js";

/** A finding with the stretch of its file that it is about, in UTF-16 units, as editors count. */
export interface EditorFinding extends Finding {
  /** Absent where no file is to blame. */
  range?: { from: number; to: number };
  /** Of a warning that a comment in the file allows: why. */
  reason?: string;
}

/** What an error says, as plain data. */
export interface Problem {
  /** A stable code: the engine's, or one of `invalid_rules`, `cannot_compare`, `not_started`, `released`, `engine_failed`. */
  code: string;
  /** What is wrong, and what would be right. */
  message: string;
  /** Where in the arguments: `transaction.items[2].amount`. */
  path?: string;
  /** Id of the rule whose expression failed. */
  rule?: string;
  /** Where that expression stands. */
  place?: Place;
  /** With `invalid_rules`: all that is wrong in the rule files. */
  findings?: EditorFinding[];
}

/** An error of the engine: `code` is stable, `path` names the value that is to blame. */
export class RewardsError extends Error implements Problem {
  readonly code: string;
  readonly path?: string;
  readonly rule?: string;
  readonly place?: Place;
  readonly findings?: EditorFinding[];

  constructor(problem: Problem) {
    super(problem.message);
    this.name = "RewardsError";
    this.code = problem.code;
    if (problem.path !== undefined) this.path = problem.path;
    if (problem.rule !== undefined) this.rule = problem.rule;
    if (problem.place !== undefined) this.place = problem.place;
    if (problem.findings !== undefined) this.findings = problem.findings;
  }

  /** The error as plain data, which can be posted to another thread. */
  toJSON(): Problem {
    const { code, message, path, rule, place, findings } = this;
    return {
      code,
      message,
      ...(path !== undefined && { path }),
      ...(rule !== undefined && { rule }),
      ...(place !== undefined && { place }),
      ...(findings !== undefined && { findings }),
    };
  }
}

/** Why nothing can be asked any more: after a trap the engine's memory is not to be trusted. */
let failed: RewardsError | undefined;

let started = false;

/** Notes that the engine is loaded. */
export function nowStarted(): void {
  started = true;
}

/** Calls into the engine. Whatever is thrown there comes out as a `RewardsError`. */
export function call<T>(what: () => T): T {
  if (failed) throw failed;
  if (!started) {
    throw new RewardsError({ code: "not_started", message: "the engine is not loaded yet: `await init()` comes first" });
  }
  try {
    return what();
  } catch (thrown) {
    throw errorOf(thrown);
  }
}

/** An error object of anything that was thrown. */
export function errorOf(thrown: unknown): RewardsError {
  if (thrown instanceof RewardsError) return thrown;
  if (typeof thrown === "string") {
    // The engine throws its problems as JSON.
    try {
      return new RewardsError(JSON.parse(thrown) as Problem);
    } catch {
      return new RewardsError({ code: "engine_failed", message: thrown });
    }
  }
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  // A trap, or a stack that was used up in the middle of the engine: what it was about to write is half written.
  if (thrown instanceof WebAssembly.RuntimeError || thrown instanceof RangeError) {
    failed = new RewardsError({
      code: "engine_failed",
      message: `the engine stopped (${message}); load the page, or start the worker, anew`,
    });
    return failed;
  }
  if (/null pointer passed to rust/.test(message)) {
    return new RewardsError({ code: "released", message: "this object was released with `free()` and cannot be used any more" });
  }
  return new RewardsError({ code: "engine_failed", message });
}
