// How the page asks the service: typed by its description (`schema.d.ts`, made by `npm run types`), with the token of whoever
// is signed in, and with problems as errors.
import createClient, { type Middleware } from "openapi-fetch";
import { lapse, session } from "../session.ts";
import type { components, paths } from "./schema.d.ts";

export type Schemas = components["schemas"];

/** An answer that is no success (RFC 9457). */
export class Problem extends Error {
  readonly status: number;
  /** Decide by this. */
  readonly code: string;
  readonly advice: string | undefined;
  /** What else the code says: findings, tests that fail, counters. */
  readonly more: Readonly<Record<string, unknown>>;

  constructor(status: number, body: Record<string, unknown>) {
    const text = (name: string): string | undefined => (typeof body[name] === "string" ? body[name] : undefined);
    super(text("detail") ?? text("title") ?? `the service answered ${status}`);
    this.status = status;
    this.code = text("code") ?? "unknown";
    this.advice = text("advice");
    this.more = body;
  }
}

/** That no answer came. */
export class Unreachable extends Error {
  constructor() {
    super("the service cannot be reached");
  }
}

const withToken: Middleware = {
  onRequest({ request }) {
    const token = session()?.token;
    if (token) request.headers.set("authorization", `Bearer ${token}`);
    return request;
  },
};

export const client = createClient<paths>({ baseUrl: "/" });
client.use(withToken);

/** What the service answered, or a {@link Problem}. Where the token is good no longer, the page asks for another one. */
export async function told<T>(asked: Promise<{ data?: T; error?: unknown; response: Response }>): Promise<T> {
  let answer;
  try {
    answer = await asked;
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new Unreachable();
  }
  const { data, error, response } = answer;
  if (response.ok) return data as T;
  if (response.status === 401) lapse();
  throw new Problem(response.status, (typeof error === "object" && error ? error : {}) as Record<string, unknown>);
}

/** A key by which a request that is sent again is recognised. */
export const newKey = (): string => crypto.randomUUID();
