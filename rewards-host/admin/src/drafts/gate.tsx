// What stands between a draft and its publication, each with whether it is met.
import type { ComponentChildren, JSX } from "preact";
import { money, plural, signed } from "../text.ts";
import { type Draft, type Examined, errors, failed, trialDays } from "./types.ts";
import type { ImpactAnswer } from "./impact.tsx";

export interface Steps {
  readonly draft: Draft;
  readonly examined: Examined | undefined;
  readonly impact: ImpactAnswer | undefined;
  readonly isChanged: boolean;
  readonly isLooking: boolean;
  /** Whether who looks at it wrote or submitted it, and so cannot approve it. */
  readonly tookPart: boolean;
  /** Whether who looks at it would approve this version without a trial. */
  readonly isWaived: boolean;
}

type State = "met" | "missed" | "open";
const words: Record<State, string> = { met: "met", missed: "not met", open: "open" };
const marks: Record<State, string> = { met: "✓", missed: "✕", open: "·" };

function Step({ state, name, children }: { state: State; name: string; children: ComponentChildren }): JSX.Element {
  return (
    <li class={`step ${state}`}>
      <span class="mark" aria-hidden="true">{marks[state]}</span>
      <div><strong>{name}</strong> <span class="unseen">({words[state]})</span><small>{children}</small></div>
    </li>
  );
}

/** Who tried the files as they are, and what came of it; or that there is nothing to hold them against. */
function triedBefore({ trial }: Draft): string | undefined {
  if (trial?.result === "not_needed") return "nothing of this program is in force yet";
  if (trial?.result !== "done") return undefined;
  return `by ${trial.by}: ${signed(trial.difference, trial.difference)} on ${plural(trial.purchases, "purchase")}`;
}

interface UntriedProps {
  readonly id: string;
  readonly why: string;
  onTry(): void;
  onWhy(why: string): void;
}

/** Who could approve a draft that nobody tried has two ways to. */
export function Untried({ id, why, onTry, onWhy }: UntriedProps): JSX.Element {
  return (
    <section class="note warn" aria-labelledby={id}>
      <strong id={id}>Nobody has seen yet what this version would have cost.</strong>
      <p>It can be approved once it was tried on the purchases of the last {trialDays} days, by you or by anybody; or say why it is approved without.</p>
      <div class="row untried">
        <button type="button" class="button small" onClick={onTry}>Try it now</button>
        <input class="input" type="text" maxLength={500} value={why} placeholder="Why without a trial" aria-label="Why it is approved without a trial" onInput={(event) => onWhy(event.currentTarget.value)} />
      </div>
    </section>
  );
}

export function Gate({ draft, examined, impact, isChanged, isLooking, tookPart, isWaived }: Steps): JSX.Element {
  const bad = examined && errors(examined);
  const missed = examined && failed(examined);
  const warnings = examined ? examined.findings.length - (bad ?? 0) : 0;
  const isApproved = draft.state === "approved" || draft.state === "published";
  const tried = impact
    ? `${signed(impact.costs.total.difference, money(impact.costs.total.difference, impact.costs.currency))} on ${plural(impact.costs.purchases, "purchase")}`
    : triedBefore(draft);
  const looked = isLooking && !examined ? "looking …" : undefined;
  return (
    <section class="card" aria-label="Before it can be published">
      <ol class="gate-steps">
        <Step name="No errors" state={bad === undefined ? "open" : bad === 0 ? "met" : "missed"}>
          {looked ?? (bad === undefined ? "not looked at" : bad > 0 ? plural(bad, "error") : warnings > 0 ? plural(warnings, "warning") : "nothing found")}{isChanged && ", before your changes"}
        </Step>
        <Step name="Tests pass" state={missed === undefined || bad ? "open" : missed === 0 ? "met" : "missed"}>
          {looked ?? (missed === undefined || bad ? "not run" : missed > 0 ? `${missed} of ${plural(examined?.tests.length ?? 0, "test")} failed` : plural(examined?.tests.length ?? 0, "test"))}
        </Step>
        <Step name="Tried on 30 days" state={tried ? "met" : "open"}>{tried ?? (isWaived ? "you do without" : "see “Last 30 days”")}</Step>
        <Step name="Approved by another" state={isApproved ? "met" : "open"}>
          {isApproved ? draft.approved_by : draft.state === "in_review" ? (tookPart ? "not by you: you took part" : tried || isWaived ? "waits for you, or another" : "not before it was tried") : "after it is submitted"}
        </Step>
        <Step name="Published" state={draft.state === "published" ? "met" : "open"}>
          {draft.state === "published" ? "it is law" : draft.state === "withdrawn" ? "it was withdrawn" : "last of all"}
        </Step>
      </ol>
    </section>
  );
}
