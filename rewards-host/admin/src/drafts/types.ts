// A draft as the service tells it, and what stands in its way.
import type { Schemas } from "../api/client.ts";

export type Draft = Schemas["RulesAnswer"];
export type Examined = Schemas["Examined"];
export type TestTold = Schemas["TestTold"];

/** Days of purchases that a draft is tried on. */
export const trialDays = 30;

export const errors = (examined: Examined): number => examined.findings.filter((finding) => finding.severity === "error").length;
export const failed = (examined: Examined): number => examined.tests.filter((test) => !test.passed).length;
