// The rewards engine in JavaScript. Begin with `await init()`.

export * from "./answers.js";
export * from "./border.js";
export * from "./told.js";
export { RewardsError, type EditorFinding, type Problem } from "./error.js";
export {
  check, compare, compareSamples, compile, Editor, format, Ledger, Purchases, reasons, RuleSet, Samples, version,
  type Checked, type Files, type MemberRow, type PurchaseRow, type SimulateOptions,
} from "./engine.js";
export type { Json, Rows, Sample } from "./values.js";
export { init } from "./start.js";
