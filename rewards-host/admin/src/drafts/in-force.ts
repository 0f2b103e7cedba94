// The files of the rules in force, and what they say of campaigns that are paused.
import { client, told } from "../api/client.ts";
import type { RuleFiles } from "../slots.ts";

/** The files in force of a program; nothing where none are. */
export async function filesInForce(program: string): Promise<RuleFiles | undefined> {
  const items = (await told(client.GET("/api/v1/rules", { params: { query: { program, kind: "publications", limit: 200 } } }))).items;
  const now = Date.now();
  const past = items.filter((item) => new Date(item.in_force_from ?? 0).getTime() <= now);
  const latest = past.toSorted((a, b) => (b.in_force_from ?? "").localeCompare(a.in_force_from ?? ""))[0];
  if (!latest?.rule_set) return undefined;
  return (await told(client.GET("/api/v1/rules/{rule_set}", { params: { path: { rule_set: latest.rule_set } } }))).files;
}

/** The file in which the service itself names what somebody paused. */
const own = "paused-campaigns.yaml";

/** Campaigns that are paused, by what pauses them: one may be in both. */
export interface Paused {
  /** The rules have them under `paused`: other rules alone let them run. */
  readonly byRules: ReadonlySet<string>;
  /** Somebody paused them, and anybody may let them run. */
  readonly byHand: ReadonlySet<string>;
}

export async function pausedIn(files: RuleFiles): Promise<Paused> {
  const { parse } = await import("yaml");
  const byRules = new Set<string>();
  const byHand = new Set<string>();
  for (const [path, text] of Object.entries(files)) {
    if (!/\.ya?ml$/.test(path) || path.endsWith(".test.yaml") || !text.includes("paused")) continue;
    const { paused } = (parse(text, { logLevel: "silent" }) ?? {}) as { paused?: unknown };
    if (!Array.isArray(paused)) continue;
    for (const id of paused) (path === own ? byHand : byRules).add(String(id));
  }
  return { byRules, byHand };
}
