// What is written in a draft and not saved yet, kept in the tab: it outlives a reload, and the way to an issuer and back. Only
// texts of rules are kept, and of those the ones that differ from the version they were written over.
import type { RuleFiles } from "./slots.ts";

/** Path → text of a file that differs; `null` of one that was removed. */
export type Changed = Readonly<Record<string, string | null>>;

export interface Unsaved {
  /** The version of the draft that it was written over. */
  readonly version: number;
  /** Who wrote it. It is given back to nobody else. */
  readonly by: string;
  readonly changed: Changed;
}

const prefix = "rewards.unsaved.";

function changed(saved: RuleFiles, files: RuleFiles): Changed {
  const paths = new Set([...Object.keys(saved), ...Object.keys(files)]);
  return Object.fromEntries([...paths].filter((path) => saved[path] !== files[path]).map((path) => [path, files[path] ?? null]));
}

/** The files with what was changed put over them. */
export function over(files: RuleFiles, changed: Changed): RuleFiles {
  const all = Object.entries({ ...files, ...changed });
  return Object.fromEntries(all.filter((entry): entry is [string, string] => entry[1] !== null));
}

/** Keeps what is not saved of a draft; false where the tab has no room for it. */
export function keep(id: string, of: { version: number; by: string; saved: RuleFiles; files: RuleFiles }): boolean {
  const unsaved: Unsaved = { version: of.version, by: of.by, changed: changed(of.saved, of.files) };
  try {
    sessionStorage.setItem(prefix + id, JSON.stringify(unsaved));
    return true;
  } catch {
    return false;
  }
}

/** What somebody did not save of a draft. */
export function kept(id: string, by: string): Unsaved | undefined {
  try {
    const unsaved = JSON.parse(sessionStorage.getItem(prefix + id) ?? "null") as Unsaved | null;
    return unsaved?.by === by ? unsaved : undefined;
  } catch {
    return undefined;
  }
}

export function drop(id: string): void {
  sessionStorage.removeItem(prefix + id);
}

/** Forgets what is kept of all drafts. */
export function dropAll(): void {
  for (const key of Object.keys(sessionStorage)) if (key.startsWith(prefix)) sessionStorage.removeItem(key);
}
