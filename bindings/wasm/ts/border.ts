// Made by types.mjs from docs/border.schema.json; `npm run types` makes it anew.

/** One component of money: basis x rate = exact, rounded, cut by caps, granted. */
export interface Component {
  /** What it was computed on; absent for fixed and scripted amounts, and in refunds. */
  basis?: DecimalText;
  /** What caps took, in order. */
  cuts: Cut[];
  /** Before rounding. */
  exact: DecimalText;
  /** What is paid. */
  granted: DecimalText;
  /** Id of the base rule, tier or campaign. */
  id: string;
  /** Its stage. */
  kind: "base" | "loyalty" | "campaign";
  /** As a fraction; of a multiplier m: m - 1. */
  rate?: DecimalText;
  /** After rounding. */
  rounded: DecimalText;
}

/** What one cap took from one component. */
export interface Cut {
  /** Name of the cap. */
  cap: string;
  /** What it took. */
  cut: DecimalText;
  /** What was left of it. */
  left: DecimalText;
}

/** A local date: `2026-03-02`. */
export type LocalDate = string;

/** A decimal number, digit for digit: a text, or a `bigint` where it is whole. A JavaScript number may have lost digits and is refused. */
export type Decimal = string | bigint;

/** A decimal number as text, with the decimals of its currency where it is money. */
export type DecimalText = string;

/** Why a transaction was not evaluated: nothing is granted, no id is claimed. */
export interface EvaluationError {
  /** The stable code. */
  code: "missing_fact" | "missing_offset" | "unknown_tier" | "unknown_fact" | "wrong_type" | "currency_mismatch" | "amount_negative" | "amount_precision" | "amount_too_large" | "lines_exceed_amount" | "division_by_zero" | "overflow" | "script_limit" | "script_error" | "refund_exceeds_purchase" | "refund_unknown_purchase" | "refund_wrong_member" | "refund_lines_mismatch" | "id_conflict" | "invalid_id" | "invalid_syntax" | "out_of_order" | "member_inactive" | "insufficient_points" | "unknown_option" | "below_min_points" | "wrong_step" | "tier_ineligible" | "redemption_cap_exceeded" | "redemption_state" | "same_member" | "opening_too_late" | "invalid_record";
  /** Words for a person. */
  message: string;
  /** Where the expression stands that failed. */
  place: Place | null;
  /** Id of the rule whose expression failed. */
  rule: string | null;
}

/** A value of a fact that the program declares. A number has to be whole; give any other as text. */
export type Fact = string | number | bigint | boolean | null;

/** Something found in the rule files. */
export interface Finding {
  /** The stable code: `R0101`. Its page is in docs/findings.md. */
  code: string;
  /** What to do about it. */
  help: string | null;
  /** What is wrong. */
  message: string;
  /** Where it stands; nothing where no file is to blame. */
  place: Place | null;
  /** Whether the rules can be used as they are. */
  severity: "error" | "warning";
  /** The first line it is about, as written, cut after 400 characters. */
  source_line: string | null;
}

/** 1 to 64 letters, digits, points, underscores, colons and hyphens. */
export type Id = string;

/** What is wrong with an input. */
export interface InputError {
  /** The stable code. */
  code: "missing_fact" | "missing_offset" | "unknown_tier" | "unknown_fact" | "wrong_type" | "currency_mismatch" | "amount_negative" | "amount_precision" | "amount_too_large" | "lines_exceed_amount" | "division_by_zero" | "overflow" | "script_limit" | "script_error" | "refund_exceeds_purchase" | "refund_unknown_purchase" | "refund_wrong_member" | "refund_lines_mismatch" | "id_conflict" | "invalid_id" | "invalid_syntax" | "out_of_order" | "member_inactive" | "insufficient_points" | "unknown_option" | "below_min_points" | "wrong_step" | "tier_ineligible" | "redemption_cap_exceeded" | "redemption_state" | "same_member" | "opening_too_late" | "invalid_record";
  /** What is wrong, and what would be right. */
  message: string;
  /** Where in the input: `items[2].amount`; empty for the whole. */
  path: string;
}

/** An instant with its offset or `Z` (RFC 3339): `2026-03-02T10:00:00-05:00`. */
export type Instant = string;

/** A line of a purchase. */
export interface Line {
  /** The line's total, not the price of one. */
  amount: Decimal;
  /** Category of the line. */
  category?: string | null;
  /** How many. */
  quantity?: Decimal | null;
  /** The article. */
  sku?: string | null;
}

/** What is known of a member. Facts that the program declares under `facts.member` stand beside these keys. */
export interface Member {
  /** Day of the month on which a billing cycle begins. */
  billing_day?: number | string | null;
  /** The birthday. */
  birthday?: LocalDate | null;
  /** The country. */
  country?: string | null;
  /** Ids of the campaigns that the member enrolled in. */
  enrolments?: string[] | null;
  /** Who it is. Only tests and the command for one purchase assume one. */
  id: Id;
  /** When the member joined. */
  joined_on?: LocalDate | null;
  /** How many purchases came before. Without it: 0. */
  purchases?: Whole | null;
  /** The segments that the member is in. */
  segments?: string[] | null;
  /** What they came to within the tier window. Without it: 0. */
  spending?: Decimal | null;
  /** Whether the member takes part. Without it: active. */
  status?: "active" | "blocked" | "closed" | null;
  /** The level held before the purchase. Without it: the lowest. */
  tier?: string | null;
  /** For each level the local date of its last upgrade bonus. */
  upgrades?: { [name: string]: LocalDate } | null;
  /** A fact that the program declares. */
  [fact: string]: Fact | string[] | { [name: string]: LocalDate } | undefined;
}

/** What a transaction brought, and why. */
export interface Outcome {
  /** The transaction's amount. */
  amount: DecimalText;
  /** Money, in order: base slices, loyalty, campaigns. */
  components: Component[];
  /** ISO 4217 code of all money in it. */
  currency: string;
  /** What of it counts. */
  eligible_amount: DecimalText;
  /** A purchase, or a refund, whose numbers are negative. */
  kind: "purchase" | "refund";
  /** When the transaction happened, in UTC. */
  occurred_at: Instant;
  /** Of a refund: the purchase. */
  original?: Id;
  /** Points above zero: earn, campaigns, upgrade. */
  points: PointsComponent[];
  /** Id of the program. */
  program: string;
  /** Where the member stands after this transaction; absent in a program without tiers. */
  progress?: Progress;
  /** Why all of it is zero. */
  reason?: "outside_window" | "wrong_day" | "wrong_hour" | "below_minimum" | "wrong_tier" | "not_in_segment" | "outside_share" | "not_enrolled" | "uses_exhausted" | "condition_false" | "absent_fact" | "limit_used" | "cap_used" | "group_lost" | "excluded_by_exclusive" | "exclusive_came_late" | "cut_to_zero" | "negative_amount" | "amount_taken" | "zero_amount" | "not_eligible" | "member_inactive";
  /** Only where it was explained: every rule that did not grant, and why. */
  rejected?: Rejection[];
  /** Content hash of the rule set: `sha256:` and 64 digits. */
  rule_set: string;
  /** The transaction's tier; absent in a program without tiers. */
  tier?: string;
  /** Sums of what was granted. */
  totals: Totals;
  /** Id of the transaction. */
  transaction_id: Id;
  /** Every counter that changed, by key. */
  usage: UsageDelta[];
}

/** A place in a file: lines and columns from 1, columns in characters. */
export interface Place {
  /** Column of the first character. */
  column: number;
  /** One past the column of the last character. */
  end_column: number;
  /** Line of the end. */
  end_line: number;
  /** Path of the file. */
  file: string;
  /** Line of the first character. */
  line: number;
}

/** Points granted above zero; one lot each. */
export interface PointsComponent {
  /** What caps took, in order. */
  cuts: Cut[];
  /** Before rounding; cut after 12 decimals where it does not end. */
  exact: DecimalText;
  /** Last local day on which it can be spent; absent if it never expires. */
  expires_on?: LocalDate;
  /** What is credited. */
  granted: DecimalText;
  /** `earn`, the campaign's id, or `upgrade`. */
  id: string;
  /** Its source. */
  kind: "earn" | "points_campaign" | "upgrade";
  /** First local day on which it can be spent; absent in refunds. */
  spendable_on?: LocalDate;
}

/** Where a member stands. */
export interface Progress {
  /** What is missing to it. */
  missing?: DecimalText;
  /** The level above it. */
  next?: string;
  /** Spending in it after this transaction. */
  spending: DecimalText;
  /** Level held after this transaction. */
  tier: string;
  /** Key of the tier window: `2026`, `2026-03` or `lifetime`. */
  window: string;
}

/** A wish to spend points. */
export interface Redemption {
  /** When, with its offset. */
  at: Instant;
  /** Its id. */
  id: Id;
  /** Id of a redemption option. */
  option: string;
  /** How many points. */
  points: Decimal;
}

/** A return of a purchase, whole or in part. */
export interface Refund {
  /** How much is returned, above 0. */
  amount: Decimal;
  /** Its id; refunds and purchases share one set of ids. */
  id: Id;
  /** Which lines came back. */
  lines?: Line[] | null;
  /** The member; has to be the purchase's. */
  member?: Id | null;
  /** When it happened, with its offset. */
  occurred_at: Instant;
  /** Id of the purchase. */
  original: Id;
}

/** Why a rule did not grant. */
export interface Rejection {
  /** The clause that failed, as written. */
  clause: string;
  /** Id of the rule. */
  id: string;
  /** What kind of rule it is. */
  kind: "base" | "loyalty" | "campaign" | "earn" | "points_campaign";
  /** The stable reason. */
  reason: "outside_window" | "wrong_day" | "wrong_hour" | "below_minimum" | "wrong_tier" | "not_in_segment" | "outside_share" | "not_enrolled" | "uses_exhausted" | "condition_false" | "absent_fact" | "limit_used" | "cap_used" | "group_lost" | "excluded_by_exclusive" | "exclusive_came_late" | "cut_to_zero" | "negative_amount" | "amount_taken" | "zero_amount" | "not_eligible" | "member_inactive";
  /** What it met. */
  value: string;
}

/** Sums of what was granted. */
export interface Totals {
  /** Base components. */
  base: DecimalText;
  /** Campaigns. */
  campaign: DecimalText;
  /** Loyalty. */
  loyalty: DecimalText;
  /** All points, upgrade bonus included. */
  points: DecimalText;
  /** All money. */
  total: DecimalText;
}

/** A purchase. Facts that the program declares under `facts.tx` stand beside these keys. */
export interface Transaction {
  /** What was paid, at least 0. */
  amount: Decimal;
  /** Category of the purchase. */
  category?: string | null;
  /** The channel. */
  channel?: string | null;
  /** The country. */
  country?: string | null;
  /** ISO 4217 code; has to be the program's. */
  currency: string;
  /** Its id; the same id is not taken twice. */
  id: Id;
  /** The lines of the purchase. */
  items?: Line[] | null;
  /** Merchant category code, in quotes. */
  mcc?: string | null;
  /** The merchant. */
  merchant?: string | null;
  /** When it happened, with its offset. */
  occurred_at: Instant;
  /** The means of payment. */
  payment_method?: string | null;
  /** A fact that the program declares. */
  [fact: string]: Fact | Line[] | undefined;
}

/** What earlier transactions used of each counter in the period of this one; a counter that is not named is 0. */
export type Usage = { [name: string]: Decimal };

/** The change of one counter. */
export interface UsageDelta {
  /** The change: money, points, or a number of times. */
  delta: DecimalText;
  /** Key of the counter. */
  key: string;
  /** Key of the period. */
  period: string;
}

/** A whole number. */
export type Whole = number | bigint | string;

/** Keys of inputs where a decimal is due, and so never a JavaScript number. */
export const DECIMAL_KEYS: ReadonlySet<string> = new Set(["amount","points","quantity","spending"]);
