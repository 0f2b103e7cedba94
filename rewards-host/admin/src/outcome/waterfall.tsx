// How an outcome came about: a waterfall from the first component to the total, what caps took, and why other rules brought
// nothing. The page of a member and the preview of a draft both show it.
import type { JSX } from "preact";
import type { Schemas } from "../api/client.ts";
import { added, day, isZero, money, number } from "../text.ts";
import { useId } from "../ui/id.ts";
import { kindOf, why } from "./words.ts";

export type Outcome = Schemas["Outcome"];
type Component = Outcome["components"][number];
type Grant = Outcome["points"][number];
type Rejection = NonNullable<Outcome["rejected"]>[number];

interface Step {
  readonly name: string;
  readonly kind: string;
  /** How the amount comes about. */
  readonly how: string;
  /** Money that this step adds, or takes, as text. */
  readonly text: string;
  /** Where its bar begins and ends: a picture only. */
  readonly from: number;
  readonly to: number;
}

const opposite = (amount: string): string => (amount.startsWith("-") ? amount.slice(1) : `-${amount}`);
const isSame = (one: string, other: string): boolean => isZero(added([one, opposite(other)]));

/** A rate as percent, digit for digit. */
export function percentage(rate: string): string {
  const [whole = "0", part = ""] = rate.replace("-", "").split(".");
  const digits = part.padEnd(2, "0");
  const text = `${whole}${digits.slice(0, 2)}.${digits.slice(2)}`.replace(/^0+(?=\d)/, "").replace(/\.?0*$/, (zeros) => (zeros.includes(".") ? "" : zeros));
  return `${rate.startsWith("-") ? "-" : ""}${text} %`;
}

/** `€100.00 × 2 % = 2.00`, as far as there is something to tell. */
function formula({ basis, rate, exact, rounded }: Component, { currency, kind }: Outcome): string {
  const rounding = isSame(exact, rounded) ? "" : `${exact} → ${money(rounded, currency)}`;
  if (basis === undefined || rate === undefined) return [kind === "refund" ? "taken back" : "", rounding].filter(Boolean).join(": ");
  return `${money(basis, currency)} × ${percentage(rate)} = ${rounding || money(rounded, currency)}`;
}

/** Every component, each followed by what caps took of it. */
function stepsOf(outcome: Outcome): Step[] {
  const { components, currency } = outcome;
  const steps: Step[] = [];
  let level = 0;
  const step = (name: string, kind: string, how: string, text: string): void => {
    const to = level + Number(text);
    steps.push({ name, kind, how, text, from: level, to });
    level = to;
  };
  for (const component of components) {
    step(component.id, component.kind, formula(component, outcome), component.rounded);
    for (const { cap, left, cut } of component.cuts) step(`cut by ${cap}`, "cut", `${money(left, currency)} was left`, opposite(cut));
  }
  return steps;
}

/** The lowest and the highest place that the bars of outcomes reach: those beside one another are drawn to one scale. */
export function reach(...outcomes: readonly Outcome[]): readonly [number, number] {
  const ends = outcomes.flatMap((outcome) => stepsOf(outcome).flatMap(({ from, to }) => [from, to]).concat(Number(outcome.totals.total)));
  return [Math.min(0, ...ends), Math.max(0, ...ends)];
}

interface Props {
  readonly title: string;
  readonly outcome: Outcome;
  readonly scale?: readonly [number, number];
}

export function Waterfall({ title, outcome, scale = reach(outcome) }: Props): JSX.Element {
  const id = useId();
  const { currency, totals, points, reason } = outcome;
  const steps = stepsOf(outcome);
  return (
    <section class="waterfall" aria-labelledby={id}>
      <h3 id={id}>{title}</h3>
      {reason && <p class="note warn">Nothing: {why(reason)}.</p>}
      <ol class="legs">
        {steps.map((step, at) => <Line key={at} step={step} scale={scale} currency={currency} />)}
        <Line step={{ name: "Total", kind: "total", how: "", text: totals.total, from: 0, to: Number(totals.total) }} scale={scale} currency={currency} />
        {points.map((grant) => <Points key={`${grant.kind} ${grant.id}`} grant={grant} />)}
        {points.length > 1 && <li class="leg total"><span class="leg-name">Points</span><span class="leg-money">{number(totals.points)} points</span></li>}
      </ol>
      <WhyNot rejected={outcome.rejected ?? []} />
    </section>
  );
}

function Line({ step: { name, kind, how, text, from, to }, scale: [low, high], currency }: { step: Step; scale: readonly [number, number]; currency: string }): JSX.Element {
  const place = (value: number): number => (high > low ? ((value - low) / (high - low)) * 400 : 0);
  const isRule = kind !== "total" && kind !== "cut";
  return (
    <li class={`leg ${kind}`}>
      <span class="leg-name">{name}{isRule && <small>{kindOf(kind)}</small>}</span>
      <small class="leg-how">{how}</small>
      <svg class="leg-bar" viewBox="0 0 400 12" preserveAspectRatio="none" aria-hidden="true">
        <rect class="ground" x="0" y="0" width="400" height="12" />
        <line x1={place(0)} x2={place(0)} y1="0" y2="12" vector-effect="non-scaling-stroke" />
        <rect class={kind} x={place(Math.min(from, to))} y="1" width={Math.max(Math.abs(place(to) - place(from)), from === to ? 0 : 2)} height="10" />
      </svg>
      <span class="leg-money">{money(text, currency)}</span>
    </li>
  );
}

function Points({ grant }: { grant: Grant }): JSX.Element {
  const { id, kind, exact, granted, cuts, spendable_on: from, expires_on: to } = grant;
  const told = [
    isSame(exact, granted) || cuts.length > 0 ? "" : `${exact} → ${number(granted)}`,
    ...cuts.map(({ cap, left, cut }) => `−${number(cut)} by ${cap}, of which ${number(left)} was left`),
    from && `to spend from ${day(from)}`,
    to && `until ${day(to)}`,
  ];
  return (
    <li class="leg points">
      <span class="leg-name">{id}<small>{kindOf(kind)}</small></span>
      <small class="leg-how">{told.filter(Boolean).join(", ")}</small>
      <span class="leg-money">{number(granted)} points</span>
    </li>
  );
}

/** Why each other rule brought nothing, in the engine's words, with the clause that decided and what it met. */
function WhyNot({ rejected }: { rejected: readonly Rejection[] }): JSX.Element | null {
  if (rejected.length === 0) return null;
  return (
    <details class="why-not" open={rejected.length <= 8}>
      <summary>What brought nothing, and why ({rejected.length})</summary>
      <ul>
        {rejected.map(({ kind, id, reason, clause, value }) => (
          <li key={`${kind} ${id}`}>
            <span><strong>{id}</strong> <span class="muted">{kindOf(kind)}</span></span>
            <span>{why(reason)}</span>
            {clause !== "" && <span class="muted"><code>{clause}</code>{value !== "" && <> met <code>{value}</code></>}</span>}
          </li>
        ))}
      </ul>
    </details>
  );
}
