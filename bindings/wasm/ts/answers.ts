// What the engine answers beside outcomes and findings.

import type { Outcome } from "./border.js";
import type { Problem } from "./error.js";

/** How a picture of rules is written. */
export type PictureFormat = "svg" | "mermaid" | "dot" | "json";

/** A counter, and the period of it that a purchase falls into. */
export interface UsageKey {
  key: string;
  period: string;
  /** Whether it is one counter for all members: a budget. */
  shared: boolean;
}

/** What one row brought; negative for a refund. */
export interface Row {
  transaction_id: string;
  user_id: string;
  base: string;
  loyalty: string;
  campaign: string;
  total: string;
  points: string;
  /** What granted: `groceries=3.50;silver=0.25;earn=100p`. */
  rules: string;
}

/** A row that was not posted, by its number from 0, and why. */
export interface Rejected extends Problem {
  row: number;
}

/** What one rule, tier or month cost. */
export interface Cost {
  kind?: string;
  id: string;
  money: string;
  points: string;
  /** How many grants above zero; of tiers and months, how many transactions. */
  times: number;
}

/** What purchases cost. */
export interface Summary {
  currency: string;
  purchases: number;
  refunds: number;
  /** Rows whose id came before with the same content. */
  repeated: number;
  rejected: number;
  members: number;
  members_reached: number;
  amount: string;
  eligible_amount: string;
  base: string;
  loyalty: string;
  campaign: string;
  total: string;
  points: string;
  effective_rate: string | null;
  by_rule: Cost[];
  by_tier: Cost[];
  by_month: Cost[];
  caps: Array<{ cap: string; times: number; cut: string }>;
}

/** What a simulation tells. */
export interface Simulated {
  /** Each posted row; absent where they were not asked for. */
  rows?: Row[];
  rejected: Rejected[];
  summary: Summary;
}

/** Old, new and their difference. */
export interface Sums {
  old: string;
  new: string;
  difference: string;
  old_points: string;
  new_points: string;
  points_difference: string;
}

/** Members for whom a change means the same. */
export interface Members {
  count: number;
  money: string;
  points: string;
}

/** What a change of rules costs over some purchases. */
export interface Costs {
  currency: string;
  purchases: number;
  rejected: number;
  total: Sums;
  gain: Members;
  lose: Members;
  unchanged: Members;
  by_rule: Array<{ kind: string; id: string; sums: Sums }>;
  tiers: Array<{ tier: string; old: number | null; new: number | null }>;
  /** The purchases that change most, the biggest first. */
  biggest: Array<{ transaction_id: string; user_id: string; old_rules: string; new_rules: string; sums: Sums }>;
}

/** One change between two rule sets. */
export interface Change {
  thing: string;
  id: string;
  what: "new" | "removed" | "changed" | "moved";
  property?: string;
  old?: string;
  new?: string;
  added?: string[];
  removed?: string[];
}

/** What differs between two rule sets, and what that makes of purchases. */
export interface Compared {
  /** Each row that both posted, by its number from 0; absent where they were not asked for. */
  rows?: Array<{ row: number; old: Row; new: Row }>;
  /** Content hash of the old rules. */
  old: string;
  /** Content hash of the new ones. */
  new: string;
  changes: Change[];
  /** Each change in one line. */
  words: string[];
  rejected: Rejected[];
  costs: Costs;
}

/** What a purchase brings. */
export interface Total {
  total: string;
  points: string;
}

/** What differs between two rule sets, and what that makes of samples. */
export interface ComparedSamples extends Omit<Compared, "rows"> {
  /** Each sample that both evaluated, by its number from 0. */
  rows: Array<{ row: number; old: Total; new: Total; difference: Total }>;
}

/** One purchase in full. */
export interface Explained {
  /** The outcome, with every rule that did not grant, and why. */
  outcome: Outcome;
  /** The waterfall for people. */
  text: string;
  /** The picture of the rules, lit by the purchase. */
  graph: string;
}

/** What a member has on a day. */
export interface Standing {
  tier: string | null;
  available: string;
  pending: string;
  debt: string;
}

/** Something that may be written at a place. */
export interface Completion {
  label: string;
  kind: "value" | "fact" | "list" | "function" | "name" | "key" | "word";
  detail: string | null;
  /** Markdown. */
  documentation: string | null;
  /** What is written. */
  insert: string;
}

/** What may be written at a place. */
export interface Completions {
  /** What an entry takes the place of. */
  from: number;
  to: number;
  /** Whether there are more, which typing on would show. */
  more: boolean;
  list: Completion[];
}

/** What is known of what stands at a place. */
export interface Hover {
  from: number;
  to: number;
  markdown: string;
}

/** A stretch of a file. */
export interface Location {
  path: string;
  from: number;
  to: number;
}
