// What the pages say of campaigns, budgets and drafts in the same way everywhere.
import type { JSX } from "preact";
import type { Schemas } from "./api/client.ts";
import { day, localTime, money, number, share } from "./text.ts";
import { Badge, Gauge, type Tone } from "./ui/parts.tsx";

export type Campaign = Schemas["CampaignView"];
export type Budget = Schemas["Budget"];
export type RulesItem = Schemas["RulesItem"];
export type DraftState = Schemas["DraftState"];

const campaignTones: Record<string, Tone> = { active: "good", scheduled: "info", paused: "warn", ended: "plain" };
export const CampaignState = ({ state }: { state: string }): JSX.Element => <Badge tone={campaignTones[state] ?? "plain"}>{state}</Badge>;

const draftTones: Record<DraftState, Tone> = { draft: "plain", in_review: "warn", approved: "info", published: "good", withdrawn: "plain" };
export const draftWords: Record<DraftState, string> = { draft: "draft", in_review: "in review", approved: "approved", published: "published", withdrawn: "withdrawn" };
export const DraftBadge = ({ state }: { state: DraftState }): JSX.Element => <Badge tone={draftTones[state]}>{draftWords[state]}</Badge>;

/** What a campaign brings, in a few words. */
export function reward(campaign: Campaign, currency: string): string {
  const value = campaign.value;
  switch (campaign.kind) {
    case "rate": return `${value} of the amount`;
    case "fixed": return value ? money(value, currency) : "a fixed amount";
    case "multiplier": return `${value} × the base`;
    case "points": return value ? `${number(value)} points` : "points";
    case "points_multiplier": return `${value} × the points`;
    default: return "by a script";
  }
}

/** When a campaign runs, in the zone of its program: days where it begins and ends with one. */
export function runs(campaign: Campaign, timeZone: string): string {
  const { starts_at: from, ends_at: to } = campaign;
  const first = from && localTime(from, timeZone, "begins");
  const last = to && localTime(to, timeZone, "ends");
  if (first && last) return `${first} – ${last}`;
  if (first) return `from ${first}`;
  if (last) return `until ${last}`;
  return "always";
}

/** A budget of a report as a gauge. */
export function BudgetGauge({ budget, name, currency }: { budget: Budget; name: string; currency: string }): JSX.Element {
  const text = (amount: string): string => (budget.unit === "points" ? `${number(amount)} points` : money(amount, currency));
  const per = budget.per === "campaign" || budget.per === "lifetime" ? "" : ` in ${budget.period}`;
  const ends = Number(budget.left) <= 0 ? "nothing is left" : budget.exhausted_on ? `empty on ${day(budget.exhausted_on)} at this pace` : "not used in 14 days";
  return <Gauge name={name} label={`Budget of ${name}`} left={share(budget.left, budget.limit)} used={text(budget.used)} leftText={`${text(budget.left)} of ${text(budget.limit)}${per}`} about={ends} />;
}
