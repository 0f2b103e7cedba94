// Made by types.mjs from docs/answers.schema.json; `npm run types` makes it anew.

import type { DecimalText, Id } from "./border.js";

/** How often a cap cut, and how much. */
export interface CapUse {
  /** Name of the cap. */
  cap: string;
  /** What it cut in all: money or points. */
  cut: DecimalText;
  /** How many components it cut. */
  times: number;
}

/** One change between two rule sets. */
export interface Change {
  /** Of a set of names: those that came. */
  added?: string[];
  /** Its id; empty for what there is once in a program, such as `points`. */
  id: string;
  /** What it is. */
  new?: string;
  /** What it was: the value, or of a thing that went all its properties. */
  old?: string;
  /** Which of its properties, where one changed: `rate`, `limit`. */
  property?: string;
  /** Of a set of names: those that went. */
  removed?: string[];
  /** What kind of thing: `campaign`, `base rule`, `tier`, … */
  thing: string;
  /** What happened to it. */
  what: "new" | "removed" | "changed" | "moved";
}

/** What one change costs when it is the only one. */
export interface ChangeCost {
  /** The difference in money to the old rules. */
  money: DecimalText | null;
  /** What changed. */
  name: string;
  /** The difference in points. */
  points: DecimalText | null;
  /** Why there is none. */
  why_not?: string;
}

/** What differs between two rule sets. */
export interface Comparison {
  /** Every change in meaning, in the order of evaluation. */
  changes: Change[];
  /** Content hash of the new one. */
  new: string;
  /** Content hash of the old one. */
  old: string;
}

/** Cost of one rule, tier or month. */
export interface Cost {
  /** Rule, tier or month. */
  id: string;
  /** What kind of rule it is; absent for tiers and months. */
  kind?: "base" | "loyalty" | "campaign" | "earn" | "points_campaign" | "upgrade";
  /** Money granted, less what was taken back. */
  money: DecimalText;
  /** Points granted, less what was taken back. */
  points: DecimalText;
  /** How many grants above zero; of tiers and months, how many transactions. */
  times: number;
}

/** What the rows cost under both rule sets. */
export interface Costs {
  /** The purchases that change most, the biggest first. */
  biggest: Swing[];
  /** Each change alone, where it can be made alone and was asked for. */
  by_change: ChangeCost[];
  /** Each rule that cost anything under either. */
  by_rule: RuleCost[];
  /** The currency of all money here. */
  currency: string;
  /** Members whose money grows, or whose points do where their money stays. */
  gain: Members;
  /** Members whose money shrinks, or whose points do where their money stays. */
  lose: Members;
  /** Purchases that both posted. */
  purchases: number;
  /** Rows that one of them did not post. */
  rejected: number;
  /** Tiers at the end. */
  tiers: TierCount[];
  /** What several changes cost beyond their sum, since they meet each other. */
  together: ChangeCost | null;
  /** All rows. */
  total: Sums;
  /** Members for whom nothing changes. */
  unchanged: Members;
}

/** Members for whom a change means the same. */
export interface Members {
  /** How many. */
  count: number;
  /** The sum of their differences in money. */
  money: DecimalText;
  /** The sum of their differences in points. */
  points: DecimalText;
}

/** What one row brought; negative for a refund. */
export interface Row {
  /** Base components. */
  base: DecimalText;
  /** Campaigns. */
  campaign: DecimalText;
  /** Loyalty. */
  loyalty: DecimalText;
  /** All points. */
  points: DecimalText;
  /** What granted: `groceries=3.50;silver=0.25;earn=100p`. */
  rules: string;
  /** All money. */
  total: DecimalText;
  /** Id of the transaction. */
  transaction_id: Id;
  /** Id of the member. */
  user_id: Id;
}

/** One rule under both. */
export interface RuleCost {
  /** Its id. */
  id: string;
  /** What kind of rule it is. */
  kind: "base" | "loyalty" | "campaign" | "earn" | "points_campaign" | "upgrade";
  /** What it cost and costs. */
  sums: Sums;
}

/** What purchases cost. */
export interface Summary {
  /** Sum of amounts, less refunds. */
  amount: DecimalText;
  /** Money that base rules granted. */
  base: DecimalText;
  /** Cost by local month of the transaction. */
  by_month: Cost[];
  /** Cost of each rule that granted. */
  by_rule: Cost[];
  /** Cost by tier of the transaction. */
  by_tier: Cost[];
  /** Money that campaigns granted. */
  campaign: DecimalText;
  /** Use of each cap that cut. */
  caps: CapUse[];
  /** ISO 4217 code of all money in it. */
  currency: string;
  /** Money granted per amount, with 6 decimals; nothing where nothing was bought. */
  effective_rate: DecimalText | null;
  /** Sum of eligible amounts, less refunds. */
  eligible_amount: DecimalText;
  /** Money that tiers granted. */
  loyalty: DecimalText;
  /** Members that any row named. */
  members: number;
  /** Members that were granted anything. */
  members_reached: number;
  /** All points. */
  points: DecimalText;
  /** Purchases that were posted. */
  purchases: number;
  /** Refunds that were posted. */
  refunds: number;
  /** Rows that were not posted. */
  rejected: number;
  /** Rows whose id came before with the same content. */
  repeated: number;
  /** All money. */
  total: DecimalText;
}

/** Old, new and their difference. */
export interface Sums {
  /** New less old. */
  difference: DecimalText;
  /** Money under the new rules. */
  new: DecimalText;
  /** Points under the new rules. */
  new_points: DecimalText;
  /** Money under the old rules. */
  old: DecimalText;
  /** Points under the old rules. */
  old_points: DecimalText;
  /** New less old. */
  points_difference: DecimalText;
}

/** A purchase and what it brings under both rule sets. */
export interface Swing {
  /** What the new rules grant. */
  new_rules: string;
  /** What the old rules grant, as a row of a simulation tells it. */
  old_rules: string;
  /** What it pays under each. */
  sums: Sums;
  /** Id of the transaction. */
  transaction_id: Id;
  /** Id of the member. */
  user_id: Id;
}

/** Members by tier, at the end. */
export interface TierCount {
  /** Members that hold it under the new rules. */
  new: number | null;
  /** Members that hold it under the old rules; nothing if those do not have it. */
  old: number | null;
  /** The tier. */
  tier: string;
}
