// What a page and a worker that runs the engine say to one another.

import type { Problem } from "./error.js";

/** What a page asks: a method of an object that the worker holds, or of the engine itself (0). */
export interface Question {
  id: number;
  object: number;
  method: string;
  arguments: unknown[];
}

/** An argument or an answer that is an object of the worker: its number, and what is known of it. */
export interface Handle {
  $object: number;
  about: Record<string, unknown>;
}

/** What the worker answers. */
export type Reply = { id: number; value: unknown } | { id: number; error: Problem };

/** Whether a value stands for an object of the worker. */
export function isHandle(value: unknown): value is Handle {
  return typeof value === "object" && value !== null && typeof (value as Partial<Handle>).$object === "number";
}
