// Who is signed in. The token lives in `sessionStorage`: it outlives a reload, which a variable would not, and ends with
// the tab, which `localStorage` would not. The policy of the page lets no script run but its own, and nothing be sent
// elsewhere, so that what is kept here can be read by this page alone.
import { dropAll } from "./unsaved.ts";

export type Role = "user" | "manager" | "admin" | "system" | "service";

export interface Session {
  readonly token: string;
  /** Whom the token is for. */
  readonly subject: string;
  readonly roles: readonly Role[];
  /** When the token ends, in milliseconds of Unix time. */
  readonly expiresAt?: number;
}

const key = "rewards.session";
const listeners = new Set<() => void>();

/** What a token says of itself. The service checks it; the page only shows it. */
export function read(token: string): Session | undefined {
  const [, payload] = token.trim().split(".");
  if (!payload) return undefined;
  try {
    const bytes = Uint8Array.from(atob(payload.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
    const claims = JSON.parse(new TextDecoder().decode(bytes)) as { sub?: unknown; roles?: unknown; exp?: unknown };
    if (typeof claims.sub !== "string") return undefined;
    const roles = Array.isArray(claims.roles) ? claims.roles.filter((role): role is Role => typeof role === "string") : [];
    const ends = typeof claims.exp === "number" ? { expiresAt: claims.exp * 1000 } : {};
    return { token: token.trim(), subject: claims.sub, roles, ...ends };
  } catch {
    return undefined;
  }
}

/** Whether somebody with these roles has something to do here. */
export function mayEnter(session: Session): boolean {
  return session.roles.includes("manager") || session.roles.includes("admin");
}

let current: Session | undefined;
let ended = false;
let lapsed = false;

/** Whether the service takes the token no more. Who was signed in, and what stands in the page, stays. */
export function isLapsed(): boolean {
  return lapsed;
}

/** The service refused the token: somebody has to sign in again. */
export function lapse(): void {
  if (!current || lapsed) return;
  lapsed = true;
  for (const listener of listeners) listener();
}

export function session(): Session | undefined {
  if (!current && !ended) {
    const kept = sessionStorage.getItem(key);
    current = kept ? read(kept) : undefined;
  }
  return current;
}

export function signIn(next: Session): void {
  current = next;
  ended = false;
  lapsed = false;
  sessionStorage.setItem(key, next.token);
  for (const listener of listeners) listener();
}

let leaving = false;
addEventListener("pageshow", () => (leaving = false));

/** Whether the page is being left for an issuer, from which it comes back. */
export function isLeaving(): boolean {
  return leaving;
}

/** The page is left to sign in: a token that is over would be taken for a session on the way back. */
export function leave(): void {
  leaving = true;
  sessionStorage.removeItem(key);
}

/** What was written and not saved goes with who wrote it. */
export function signOut(): void {
  current = undefined;
  ended = true;
  lapsed = false;
  sessionStorage.removeItem(key);
  dropAll();
  for (const listener of listeners) listener();
}

export function onSession(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
