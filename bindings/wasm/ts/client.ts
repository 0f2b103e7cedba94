// The engine in a worker, as a page sees it: the same objects, each answer a promise.

import type { Compared, ComparedSamples, Completions, Explained, Hover, Location, PictureFormat, Simulated, Standing, UsageKey } from "./answers.js";
import type { Member, Outcome, Redemption, Refund, Transaction, Usage } from "./border.js";
import type { Files, MemberRow, PurchaseRow, SimulateOptions } from "./engine.js";
import { RewardsError, type EditorFinding } from "./error.js";
import { isHandle, type Handle, type Question, type Reply } from "./protocol.js";
import { bytesOf, jsonOf, samplesJson, type Json, type Rows, type Sample } from "./values.js";

/** What came of rule files in the worker. */
export interface RemoteChecked {
  rules: RemoteRuleSet | null;
  findings: EditorFinding[];
  allowed: EditorFinding[];
  text: string;
}

/** The part of `Worker` that is needed; also a `MessagePort` has it. */
export interface Port {
  postMessage(message: unknown): void;
  addEventListener(type: "message", listener: (event: MessageEvent) => void): void;
  addEventListener(type: "error", listener: (event: Event) => void): void;
}

/** A worker that runs the engine. */
export class RewardsWorker {
  readonly #port: Port;
  readonly #end: () => void;
  readonly #open = new Map<number, { resolve: (value: unknown) => void; reject: (error: RewardsError) => void }>();
  #next = 1;
  #failed: RewardsError | undefined;

  private constructor(port: Port, end: () => void) {
    this.#port = port;
    this.#end = end;
    port.addEventListener("message", ({ data }: MessageEvent<Reply>) => {
      const asked = this.#open.get(data.id);
      this.#open.delete(data.id);
      if (!asked) return;
      if ("error" in data) asked.reject(new RewardsError(data.error));
      else asked.resolve(data.value);
    });
    port.addEventListener("error", (event) => {
      const message = event instanceof ErrorEvent && event.message ? event.message : "it could not be loaded";
      this.#fail(new RewardsError({ code: "engine_failed", message: `the worker of the engine stopped: ${message}` }));
    });
  }

  /**
   * Starts a worker, and the engine in it. Without an argument it is the one beside this module; a page whose bundler
   * wants it otherwise gives a worker of its own that imports `rewards-wasm/worker`.
   */
  static async start(worker?: Worker, from?: string | URL): Promise<RewardsWorker> {
    const own = worker ?? new Worker(new URL("./worker.js", import.meta.url), { type: "module" });
    const started = new RewardsWorker(own, () => own.terminate());
    await started.ask(0, "init", from === undefined ? [] : [String(from)]);
    return started;
  }

  #fail(error: RewardsError): void {
    this.#failed = error;
    for (const asked of this.#open.values()) asked.reject(error);
    this.#open.clear();
  }

  /** @internal */
  ask<T>(object: number, method: string, given: unknown[]): Promise<T> {
    if (this.#failed) return Promise.reject(this.#failed);
    const id = this.#next++;
    const question: Question = { id, object, method, arguments: given };
    return new Promise<T>((resolve, reject) => {
      this.#open.set(id, { resolve: resolve as (value: unknown) => void, reject });
      this.#port.postMessage(question);
    });
  }

  /** Ends the worker; what is still asked fails with `engine_failed`. */
  end(): void {
    this.#end();
    this.#fail(new RewardsError({ code: "engine_failed", message: "the worker of the engine was ended" }));
  }

  /** As `check` of the package. */
  async check(files: Files): Promise<RemoteChecked> {
    const found = await this.ask<Omit<RemoteChecked, "rules"> & { rules: unknown }>(0, "check", [files]);
    return { ...found, rules: isHandle(found.rules) ? new RemoteRuleSet(this, found.rules) : null };
  }

  /** As `compile` of the package. */
  async compile(files: Files): Promise<RemoteRuleSet> {
    return new RemoteRuleSet(this, await this.ask(0, "compile", [files]));
  }

  /** As `format` of the package. */
  format(path: string, text: string): Promise<string> {
    return this.ask(0, "format", [path, text]);
  }

  /** As `reasons` of the package. */
  reasons(): Promise<Record<string, string>> {
    return this.ask(0, "reasons", []);
  }

  /** As `Purchases` of the package. */
  async purchases(rows: Rows<PurchaseRow>, members?: Rows<MemberRow> | null): Promise<RemotePurchases> {
    // Objects as text, so that a wrong value is told here, with its place, and nothing else is copied.
    const table = (given: unknown, argument: string): unknown => bytesOf(given) ?? jsonOf(given, argument);
    const given = [table(rows, "transactions"), members === undefined || members === null ? undefined : table(members, "members")];
    return new RemotePurchases(this, await this.ask(0, "purchases", given));
  }

  /** As `compare` of the package. */
  compare(old: RemoteRuleSet, changed: RemoteRuleSet, purchases: RemotePurchases, options: SimulateOptions = {}): Promise<Compared> {
    return this.ask(0, "compare", [old.handle, changed.handle, purchases.handle, options]);
  }

  /** As `Samples` of the package. */
  async samples(samples: Sample[] | string): Promise<RemoteSamples> {
    return new RemoteSamples(this, await this.ask(0, "samples", [samplesJson(samples)]));
  }

  /** As `compareSamples` of the package. */
  compareSamples(old: RemoteRuleSet, changed: RemoteRuleSet, samples: RemoteSamples): Promise<ComparedSamples> {
    return this.ask(0, "compareSamples", [old.handle, changed.handle, samples.handle]);
  }

  /** As `Ledger` of the package. */
  async ledger(rules: RemoteRuleSet): Promise<RemoteLedger> {
    return new RemoteLedger(this, await this.ask(0, "ledger", [rules.handle]));
  }

  /** As `Editor` of the package. */
  async editor(files: Files = {}): Promise<RemoteEditor> {
    return new RemoteEditor(this, await this.ask(0, "editor", [files]));
  }
}

/** An object that lives in the worker. */
abstract class Remote {
  /** @internal */
  readonly handle: Handle;
  readonly #worker: RewardsWorker;

  /** @internal */
  constructor(worker: RewardsWorker, handle: Handle) {
    this.#worker = worker;
    this.handle = handle;
  }

  protected ask<T>(method: string, ...given: unknown[]): Promise<T> {
    return this.#worker.ask(this.handle.$object, method, given);
  }

  /** Gives its memory back. An object in a worker is never collected by itself. */
  free(): Promise<void> {
    return this.ask("free");
  }
}

const told = (value: unknown, argument: string): string | undefined =>
  value === undefined || value === null ? undefined : jsonOf(value, argument, argument === "usage" ? "none" : "whole unless money");

/** As `RuleSet` of the package. */
export class RemoteRuleSet extends Remote {
  get hash(): string { return String(this.handle.about.hash); }
  get program(): string { return String(this.handle.about.program); }
  get currency(): string { return String(this.handle.about.currency); }
  get timezone(): string { return String(this.handle.about.timezone); }
  get levels(): readonly string[] { return this.handle.about.levels as string[]; }
  get counters(): readonly string[] { return this.handle.about.counters as string[]; }

  evaluateJson(transaction: Json<Transaction>, member?: Json<Member>, usage?: Json<Usage>): Promise<string> {
    return this.ask("evaluateJson", told(transaction, "transaction"), told(member, "member"), told(usage, "usage"));
  }
  evaluate(transaction: Json<Transaction>, member?: Json<Member>, usage?: Json<Usage>): Promise<Outcome> {
    return this.ask("evaluate", told(transaction, "transaction"), told(member, "member"), told(usage, "usage"));
  }
  explain(transaction: Json<Transaction>, member?: Json<Member>, usage?: Json<Usage>): Promise<Outcome> {
    return this.ask("explain", told(transaction, "transaction"), told(member, "member"), told(usage, "usage"));
  }
  explainText(transaction: Json<Transaction>, member?: Json<Member>, usage?: Json<Usage>): Promise<string> {
    return this.ask("explainText", told(transaction, "transaction"), told(member, "member"), told(usage, "usage"));
  }
  usageKeys(transaction: Json<Transaction>, member?: Json<Member>): Promise<UsageKey[]> {
    return this.ask("usageKeys", told(transaction, "transaction"), told(member, "member"));
  }
  graph(format: PictureFormat = "svg", transaction?: Json<Transaction>, member?: Json<Member>, usage?: Json<Usage>): Promise<string> {
    return this.ask("graph", format, told(transaction, "transaction"), told(member, "member"), told(usage, "usage"));
  }
  simulate(purchases: RemotePurchases, options: SimulateOptions = {}): Promise<Simulated> {
    return this.ask("simulate", purchases.handle, options);
  }
  explainRow(purchases: RemotePurchases, row: number, format: PictureFormat = "svg", options: SimulateOptions = {}): Promise<Explained | null> {
    return this.ask("explainRow", purchases.handle, row, format, options);
  }
}

/** As `Purchases` of the package. */
export class RemotePurchases extends Remote {
  get length(): number { return Number(this.handle.about.length); }
}

/** As `Samples` of the package. */
export class RemoteSamples extends Remote {
  get length(): number { return Number(this.handle.about.length); }
}

/** As `Ledger` of the package. */
export class RemoteLedger extends Remote {
  addMember(member: Json<Member>, usage?: Json<Usage>): Promise<void> {
    return this.ask("addMember", told(member, "member"), told(usage, "usage"));
  }
  purchaseJson(transaction: Json<Transaction>, member: string, explain = false): Promise<string | undefined> {
    return this.ask("purchaseJson", told(transaction, "transaction"), member, explain);
  }
  refundJson(refund: Json<Refund>): Promise<string | undefined> {
    return this.ask("refundJson", told(refund, "refund"));
  }
  redeem(redemption: Json<Redemption>, member: string): Promise<void> {
    return this.ask("redeem", told(redemption, "redemption"), member);
  }
  standing(member: string, at: string): Promise<Standing> {
    return this.ask("standing", member, at);
  }
}

/** As `Editor` of the package. */
export class RemoteEditor extends Remote {
  set(path: string, text: string): Promise<void> { return this.ask("set", path, text); }
  remove(path: string): Promise<void> { return this.ask("remove", path); }
  complete(path: string, offset: number): Promise<Completions> { return this.ask("complete", path, offset); }
  hover(path: string, offset: number): Promise<Hover | null> { return this.ask("hover", path, offset); }
  definitions(path: string, offset: number): Promise<Location[]> { return this.ask("definitions", path, offset); }
  references(path: string, offset: number): Promise<Location[]> { return this.ask("references", path, offset); }
}
