// What the service tells of drafts where its description says no more than "an object".
import type { Schemas } from "../api/client.ts";
import type { Finding } from "../slots.ts";

export type Draft = Schemas["RulesAnswer"];
export type Examined = Omit<Schemas["Examined"], "findings"> & { readonly findings: readonly (Finding & { source_line?: string })[] };
export type TestTold = Schemas["TestTold"] & { readonly place: Finding["place"] };

/** A change in meaning. */
export interface Change {
  /** It in a line. */
  readonly words: string;
}

export interface Difference {
  readonly old: string;
  readonly new: string;
  readonly changes: readonly Change[];
}

export interface Sums {
  readonly old: string;
  readonly new: string;
  readonly difference: string;
  readonly old_points: string;
  readonly new_points: string;
  readonly points_difference: string;
}

export interface Members {
  readonly count: number;
  readonly money: string;
  readonly points: string;
}

/** What a change costs on purchases, as `rewards diff --format json` has it. */
export interface Costs {
  readonly currency: string;
  readonly purchases: number;
  readonly rejected: number;
  readonly total: Sums;
  readonly gain: Members;
  readonly lose: Members;
  readonly unchanged: Members;
  readonly by_rule: readonly { readonly kind: string; readonly id: string; readonly sums: Sums }[];
  readonly by_change: readonly { readonly name: string; readonly money: string | null; readonly points: string | null; readonly why_not: string | null }[];
  readonly together: { readonly name: string; readonly money: string | null; readonly points: string | null } | null;
  readonly tiers: readonly { readonly tier: string; readonly old: number | null; readonly new: number | null }[];
}

/** Days of purchases that a draft is tried on. */
export const trialDays = 30;

export const errors = (examined: Examined): number => examined.findings.filter((finding) => finding.severity === "error").length;
export const failed = (examined: Examined): number => examined.tests.filter((test) => !test.passed).length;
