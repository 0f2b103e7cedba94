// What the package answers around what the engine tells (`border.ts`, `told.ts`).

import type { Outcome } from "./border.js";
import type { Problem } from "./error.js";
import type { Comparison, Costs, Row, Summary } from "./told.js";

/** How a picture of rules is written. */
export type PictureFormat = "svg" | "mermaid" | "dot" | "json";

/** A counter, and the period of it that a purchase falls into. */
export interface UsageKey {
  key: string;
  period: string;
  /** Whether it is one counter for all members: a budget. */
  shared: boolean;
}

/** A row that was not posted, by its number from 0, and why. */
export interface Rejected extends Problem {
  row: number;
}

/** What a simulation tells. */
export interface Simulated {
  /** Each posted row; absent where they were not asked for. */
  rows?: Row[];
  rejected: Rejected[];
  summary: Summary;
}

/** What differs between two rule sets, and what that makes of purchases. */
export interface Compared extends Comparison {
  /** Each row that both posted, by its number from 0; absent where they were not asked for. */
  rows?: Array<{ row: number; old: Row; new: Row }>;
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
