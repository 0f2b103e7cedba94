// What the engine's words mean to people: the reasons as the engine says them (docs/reasons.json, which is made from it), and
// the kinds of rules.
import reasons from "../../../../docs/reasons.json";

const known: Readonly<Record<string, string>> = reasons;

/** Why nothing was granted. */
export const why = (reason: string): string => known[reason] ?? reason.replaceAll("_", " ");

const kinds: Readonly<Record<string, string>> = {
  base: "base rule", loyalty: "tier", campaign: "campaign", earn: "points for the amount", points_campaign: "campaign of points", upgrade: "for a new tier",
};

/** What kind of rule it is. */
export const kindOf = (kind: string): string => kinds[kind] ?? kind.replaceAll("_", " ");
