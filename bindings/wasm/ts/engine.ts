// The engine's objects for JavaScript: rule sets, purchases, ledgers, editors. They take arguments apart and hand the
// engine's answers on; nothing is computed here.

import type { Finding, Member, Outcome, Redemption, Refund, Transaction, Usage } from "./border.js";
import * as raw from "./engine/rewards_wasm.js";
import { call, RewardsError, type EditorFinding } from "./error.js";
import type { Compared, ComparedSamples, Completions, Explained, Hover, Location, PictureFormat, Simulated, Standing, UsageKey } from "./answers.js";
import { bytesOf, jsonOf, samplesJson, type Json, type Rows, type Sample } from "./values.js";

/** Rule files by path, as they lie in a folder: `{"program.yaml": "program: …"}`. */
export type Files = Record<string, string>;

/** What came of rule files. */
export interface Checked {
  /** The rule set; `null` where there is an error. */
  rules: RuleSet | null;
  /** Errors and warnings, in order of place. */
  findings: EditorFinding[];
  /** Warnings that comments in the files allow. */
  allowed: EditorFinding[];
  /** All findings as a terminal shows them. */
  text: string;
}

/** How rows are read and what is told of them. */
export interface SimulateOptions {
  /** Read instants without an offset as local time of the program; without it such a row is rejected. */
  assumeProgramTimezone?: boolean;
  /** Tell what each row brought, not only the sums; so it is by default. */
  rows?: boolean;
}

/** A row of purchases, by the names of columns: `transaction_id`, `user_id`, `amount`, … or a declared fact. */
export type PurchaseRow = Record<string, unknown>;

/** A row of members, by the names of columns: `user_id`, `tier`, `joined_on`, … */
export type MemberRow = Record<string, unknown>;

const parsed = <T>(text: string): T => JSON.parse(text) as T;
const optional = (value: unknown, argument: string): string | undefined =>
  value === undefined || value === null ? undefined : jsonOf(value, argument);
const usageOf = (usage: unknown): string | undefined =>
  usage === undefined || usage === null ? undefined : jsonOf(usage, "usage", "none");

/**
 * Compiles the files of one rule set and tells all that was found in them. Throws `wrong_type` for what is no mapping
 * of paths to texts, and never for a mistake in a rule.
 */
export function check(files: Files): Checked {
  const sound: Files = {};
  for (const [path, text] of Object.entries(files)) {
    if (typeof text !== "string") {
      throw new RewardsError({ code: "wrong_type", message: `the text of a file is due here, this is ${typeof text}`, path: `files.${path}` });
    }
    // Half of a character, as it stands in an editor for a moment, is no text to the engine: a sign of the same length.
    sound[path] = text.replace(/\p{Surrogate}/gu, "\ufffd");
  }
  return call(() => {
    const checked = raw.check(JSON.stringify(sound));
    try {
      const found = parsed<Omit<Checked, "rules">>(checked.findings());
      const rules = checked.rules();
      return { rules: rules ? new RuleSet(rules) : null, ...found };
    } finally {
      checked.free();
    }
  });
}

/** Compiles the files of one rule set. Throws `invalid_rules`, with all `findings`, if one of them is an error. */
export function compile(files: Files): RuleSet {
  const { rules, findings, text } = check(files);
  if (!rules) throw new RewardsError({ code: "invalid_rules", message: text, findings });
  return rules;
}

/** The text of a rule file as `rewards fmt` lays it out. Throws `invalid_rules` for a file that is not YAML. */
export function format(path: string, text: string): string {
  return call(() => raw.format(path, text));
}

/** The version of the engine. */
export function version(): string {
  return call(() => raw.version());
}

/** What each reason for which a rule did not grant means to people. */
export function reasons(): Record<string, string> {
  return parsed(call(() => raw.reasons()));
}

/** What all objects of the engine's memory share: they live there until they are freed, or collected some time. */
abstract class Held<T extends { free(): void }> {
  #held: T | undefined;

  constructor(held: T) {
    this.#held = held;
  }

  /** @internal */
  get held(): T {
    if (!this.#held) {
      throw new RewardsError({ code: "released", message: "this object was released with `free()` and cannot be used any more" });
    }
    return this.#held;
  }

  /** Gives its memory back now, and not when it is collected. */
  free(): void {
    this.#held?.free();
    this.#held = undefined;
  }
}

interface About {
  hash: string;
  program: string;
  currency: string;
  currency_decimals: number;
  points_decimals: number;
  timezone: string;
  levels: string[];
  counters: string[];
}

/** A compiled rule set. That it exists means that it passed every check. */
export class RuleSet extends Held<raw.RuleSet> {
  /** The content hash, `sha256:…`. */
  readonly hash: string;
  /** Id of the program. */
  readonly program: string;
  /** ISO 4217 code of the program's currency. */
  readonly currency: string;
  /** Decimals of the currency. */
  readonly currencyDecimals: number;
  /** Decimals of points. */
  readonly pointsDecimals: number;
  /** The program's time zone. */
  readonly timezone: string;
  /** Ids of the tier levels, lowest first. */
  readonly levels: readonly string[];
  /** Every counter that an evaluation can read or change. */
  readonly counters: readonly string[];

  /** @internal */
  constructor(held: raw.RuleSet) {
    super(held);
    const about = parsed<About>(call(() => held.about()));
    this.hash = about.hash;
    this.program = about.program;
    this.currency = about.currency;
    this.currencyDecimals = about.currency_decimals;
    this.pointsDecimals = about.points_decimals;
    this.timezone = about.timezone;
    this.levels = about.levels;
    this.counters = about.counters;
  }

  /**
   * The canonical outcome of one purchase, as the text that every host of the engine answers. `usage` is what earlier
   * purchases used of counters. Without a member, one of whom only the id `member` is known.
   */
  evaluateJson(transaction: Json<Transaction>, member?: Json<Member>, usage?: Json<Usage>): string {
    const [tx, who, used] = [jsonOf(transaction, "transaction"), optional(member, "member"), usageOf(usage)];
    return call(() => this.held.evaluate(tx, who, used));
  }

  /** The outcome of one purchase. */
  evaluate(transaction: Json<Transaction>, member?: Json<Member>, usage?: Json<Usage>): Outcome {
    return parsed(this.evaluateJson(transaction, member, usage));
  }

  /** The outcome with `rejected`: every rule that did not grant, and why. */
  explain(transaction: Json<Transaction>, member?: Json<Member>, usage?: Json<Usage>): Outcome {
    const [tx, who, used] = [jsonOf(transaction, "transaction"), optional(member, "member"), usageOf(usage)];
    return parsed(call(() => this.held.explain(tx, who, used)));
  }

  /** The waterfall for people, as `rewards evaluate --explain` prints it. */
  explainText(transaction: Json<Transaction>, member?: Json<Member>, usage?: Json<Usage>): string {
    const [tx, who, used] = [jsonOf(transaction, "transaction"), optional(member, "member"), usageOf(usage)];
    return call(() => this.held.explain_as_text(tx, who, used));
  }

  /** Every counter that the evaluation of this purchase reads or changes, with its period. */
  usageKeys(transaction: Json<Transaction>, member?: Json<Member>): UsageKey[] {
    const [tx, who] = [jsonOf(transaction, "transaction"), optional(member, "member")];
    return parsed(call(() => this.held.usage_keys(tx, who)));
  }

  /** The picture of the rules, as text of the format; with a purchase, lit by it. */
  graph(format: PictureFormat = "svg", transaction?: Json<Transaction>, member?: Json<Member>, usage?: Json<Usage>): string {
    const [tx, who, used] = [optional(transaction, "transaction"), optional(member, "member"), usageOf(usage)];
    return call(() => this.held.graph(format, tx, who, used));
  }

  /** Simulates purchases in order of time. Rows that cannot be posted are among `rejected`. */
  simulate(purchases: Purchases | Rows<PurchaseRow>, options: SimulateOptions = {}): Simulated {
    return withPurchases(purchases, (them) =>
      parsed(call(() => raw.simulate(this.held, them.held, options.assumeProgramTimezone ?? false, options.rows ?? true))),
    );
  }

  /** One purchase in full, after those before it; `null` for one that was posted before. */
  explainRow(purchases: Purchases, row: number, format: PictureFormat = "svg", options: SimulateOptions = {}): Explained | null {
    if (!Number.isSafeInteger(row) || row < 0 || row >= purchases.length) {
      throw new RewardsError({ code: "wrong_type", message: `there is no row ${row}; there are ${purchases.length}`, path: "row" });
    }
    return parsed(call(() => raw.explain_row(this.held, purchases.held, options.assumeProgramTimezone ?? false, row, format)));
  }
}

/** What a change of rules makes of purchases. Throws `cannot_compare` for rule sets of different currencies. */
export function compare(
  old: RuleSet,
  changed: RuleSet,
  purchases: Purchases | Rows<PurchaseRow>,
  options: SimulateOptions = {},
): Compared {
  return withPurchases(purchases, (them) =>
    parsed(
      call(() => raw.compare(old.held, changed.held, them.held, options.assumeProgramTimezone ?? false, options.rows ?? true)),
    ),
  );
}

function withPurchases<T>(given: Purchases | Rows<PurchaseRow>, use: (them: Purchases) => T): T {
  if (given instanceof Purchases) return use(given);
  const own = new Purchases(given);
  try {
    return use(own);
  } finally {
    own.free();
  }
}

/** Purchases to simulate, and what is known of their members: read once, simulated with each change of a rule. */
export class Purchases extends Held<raw.Purchases> {
  /** How many rows there are. */
  readonly length: number;

  /**
   * Takes rows in order of time, as objects, as JSON or as bytes of Arrow (IPC); of members, what is known before their
   * first purchase. Throws `invalid_syntax` for JSON or bytes that cannot be read, and `wrong_type` for a column of
   * Arrow that no purchase can have: of binary floating point above all.
   */
  constructor(transactions: Rows<PurchaseRow>, members?: Rows<MemberRow> | null) {
    const who = members === undefined || members === null ? undefined : tableOf(members, "members");
    let rows: raw.Table;
    try {
      rows = tableOf(transactions, "transactions");
    } catch (thrown) {
      who?.free();
      throw thrown;
    }
    super(call(() => new raw.Purchases(rows, who)));
    this.length = this.held.length;
  }
}

function tableOf(rows: unknown, argument: string): raw.Table {
  const bytes = bytesOf(rows);
  if (bytes) return call(() => raw.Table.arrow(argument, bytes));
  const json = jsonOf(rows, argument);
  return call(() => raw.Table.json(argument, json));
}

/** Purchases that stand by themselves: read once, evaluated with each change of a rule. */
export class Samples extends Held<raw.Samples> {
  /** How many there are. */
  readonly length: number;

  constructor(samples: Sample[] | string) {
    const list = samplesJson(samples);
    super(call(() => new raw.Samples(list)));
    this.length = this.held.length;
  }
}

/** What a change of rules makes of samples. Throws `cannot_compare` for rule sets of different currencies. */
export function compareSamples(old: RuleSet, changed: RuleSet, samples: Samples): ComparedSamples {
  return parsed(call(() => raw.compare_samples(old.held, changed.held, samples.held)));
}

/** Purchases, refunds and redemptions one after the other, with the state of members carried over. */
export class Ledger extends Held<raw.Ledger> {
  constructor(rules: RuleSet) {
    super(call(() => new raw.Ledger(rules.held)));
  }

  /** Adds a member with what is known before the first event. */
  addMember(member: Json<Member>, usage?: Json<Usage>): void {
    const [who, used] = [jsonOf(member, "member"), usageOf(usage)];
    call(() => this.held.add_member(who, used));
  }

  /** Posts a purchase; the canonical outcome, or `undefined` for one that was posted before with the same content. */
  purchaseJson(transaction: Json<Transaction>, member: string, explain = false): string | undefined {
    const tx = jsonOf(transaction, "transaction");
    return call(() => this.held.purchase(tx, member, explain));
  }

  /** Posts a refund; the canonical outcome, or `undefined` for one that was posted before with the same content. */
  refundJson(refund: Json<Refund>): string | undefined {
    const back = jsonOf(refund, "refund");
    return call(() => this.held.refund(back));
  }

  /** Spends points of a member. */
  redeem(redemption: Json<Redemption>, member: string): void {
    const wish = jsonOf(redemption, "redemption");
    call(() => this.held.redeem(wish, member));
  }

  /** Tier and points of a member at an instant not before the last event. */
  standing(member: string, at: string): Standing {
    return parsed(call(() => this.held.standing(member, at)));
  }
}

/** The files of a rule set as an editor has them open; they may be broken. Offsets are UTF-16 units, as JavaScript's. */
export class Editor extends Held<raw.Editor> {
  constructor(files: Files = {}) {
    super(call(() => new raw.Editor()));
    for (const [path, text] of Object.entries(files)) this.set(path, text);
  }

  /** Adds or replaces a file. */
  set(path: string, text: string): void {
    call(() => this.held.set(path, text));
  }

  /** Takes a file out. */
  remove(path: string): void {
    call(() => this.held.remove(path));
  }

  /** What may be written at a place, the likeliest first. */
  complete(path: string, offset: number): Completions {
    return parsed(call(() => this.held.complete(path, offset)));
  }

  /** What is known of what stands at a place, in Markdown. */
  hover(path: string, offset: number): Hover | null {
    return parsed(call(() => this.held.hover(path, offset)));
  }

  /** Where the name at a place is defined. */
  definitions(path: string, offset: number): Location[] {
    return parsed(call(() => this.held.definitions(path, offset)));
  }

  /** Where the name at a place stands, its definition included. */
  references(path: string, offset: number): Location[] {
    return parsed(call(() => this.held.references(path, offset)));
  }
}

export type { EditorFinding, Finding };
