// From JavaScript's values to the JSON that the engine reads, without a digit lost on the way.

import { DECIMAL_KEYS, type Member, type Transaction, type Usage } from "./border.js";
import { RewardsError } from "./error.js";

/** Deeper than any input is; an object that holds itself would be walked for ever. */
const MAX_DEPTH = 32;

/** What an argument may be: an object, or its JSON as text. */
export type Json<T> = T | string;

function wrong(path: string, message: string): RewardsError {
  return new RewardsError({ code: "wrong_type", message, path });
}

/** Which numbers an argument may hold. */
export type Numbers = "whole unless money" | "none";

/**
 * The JSON of a value. Text is taken as JSON already. A JavaScript number is a binary fraction: where a decimal is due it is
 * refused, elsewhere it has to be whole. A `bigint` becomes its digits, a `Date` its instant.
 */
export function jsonOf(value: unknown, argument: string, numbers: Numbers = "whole unless money"): string {
  if (typeof value === "string") return value;
  return JSON.stringify(plain(value, argument, argument, numbers, 0)) ?? "null";
}

function plain(value: unknown, key: string, path: string, numbers: Numbers, depth: number): unknown {
  switch (typeof value) {
    case "string":
    case "boolean":
    case "undefined":
      return value;
    case "number":
      if (numbers === "none" || DECIMAL_KEYS.has(key)) {
        throw wrong(path, `a decimal is due here, and a JavaScript number may have lost digits: give it as text, for example "${shown(value)}"`);
      }
      if (!Number.isSafeInteger(value)) {
        throw wrong(path, `this number (${value}) is not whole, or too large to be exact: give it as text`);
      }
      return value;
    case "bigint":
      return value.toString();
    case "object":
      break;
    default:
      throw wrong(path, `a ${typeof value} cannot be an input`);
  }
  if (value === null) return null;
  if (depth > MAX_DEPTH) throw wrong(path, "this is nested too deeply, or holds itself");
  if (Array.isArray(value)) {
    return value.map((item, at) => plain(item, key, `${path}[${at}]`, numbers, depth + 1));
  }
  if (value instanceof Date) {
    if (Number.isNaN(value.getTime())) throw wrong(path, "this date is invalid");
    return value.toISOString();
  }
  const entries = value instanceof Map ? value.entries() : Object.entries(value);
  const object: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
  for (const [name, item] of entries) {
    object[String(name)] = plain(item, String(name), `${path}.${String(name)}`, numbers, depth + 1);
  }
  return object;
}

/** A number as the text that was probably meant. */
function shown(value: number): string {
  return Number.isFinite(value) && Math.abs(value) < 1e15 ? value.toFixed(2) : "12.30";
}

/** A purchase that stands by itself, with what was known and used before it. */
export interface Sample {
  transaction: Transaction;
  member?: Member | null;
  usage?: Usage | null;
}

/** The JSON of samples, where numbers of usage are never JavaScript's. */
export function samplesJson(samples: Sample[] | string): string {
  if (typeof samples === "string") return samples;
  const part = (name: string, json: string | undefined): string[] => (json === undefined ? [] : [`${JSON.stringify(name)}:${json}`]);
  const one = ({ transaction, member, usage }: Sample, at: number): string => {
    const path = `samples[${at}]`;
    return `{${[
      ...part("transaction", jsonOf(transaction, `${path}.transaction`)),
      ...part("member", member === undefined || member === null ? undefined : jsonOf(member, `${path}.member`)),
      ...part("usage", usage === undefined || usage === null ? undefined : jsonOf(usage, `${path}.usage`, "none")),
    ].join()}}`;
  };
  return `[${samples.map(one).join()}]`;
}

/** Rows of a table: objects, their JSON as text, or the bytes of a stream or a file of Arrow (IPC). */
export type Rows<Row> = Row[] | string | Uint8Array | ArrayBuffer;

/** The bytes of rows that came as such. */
export function bytesOf(rows: unknown): Uint8Array | undefined {
  if (rows instanceof ArrayBuffer) return new Uint8Array(rows);
  if (ArrayBuffer.isView(rows)) return new Uint8Array(rows.buffer, rows.byteOffset, rows.byteLength);
  return undefined;
}
