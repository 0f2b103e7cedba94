// How the reward of one purchase comes about: component by component, with what caps took, and why the others granted nothing.
import type { JSX } from "preact";
import type { Component, Outcome, PointsComponent, Rejection } from "rewards-wasm";
import { added, isZero, money, number, share } from "../text.ts";

interface Props {
  readonly title: string;
  readonly outcome: Outcome;
  readonly reasons: Readonly<Record<string, string>>;
  /** The greatest total of the waterfalls beside one another, so that their bars can be compared. */
  readonly scale: string;
}

const kinds: Record<string, string> = {
  base: "base rule", loyalty: "tier", campaign: "campaign", earn: "points for the amount", points_campaign: "campaign of points", upgrade: "for a new tier",
};

/** The bars of the components, one after the other: where each begins and how wide it is, from 0 to 1. A picture only. */
function bars(outcome: Outcome, scale: string): { from: number; to: number }[] {
  let sum = "0";
  return outcome.components.map((component) => {
    const from = share(sum, scale);
    sum = added([sum, component.granted]);
    return { from, to: share(sum, scale) };
  });
}

/** `100.00 × 2 % = 2.00` as far as there is something to tell. */
function reckoning(component: Component): string {
  const { basis, rate, exact, rounded } = component;
  const left = basis !== undefined && rate !== undefined ? `${basis} × ${percent(rate)} = ` : "";
  const isRounded = !isZero(added([exact, rounded.startsWith("-") ? rounded.slice(1) : `-${rounded}`]));
  return isRounded ? `${left}${exact} → ${rounded}` : `${left}${rounded}`;
}

/** A rate as text in percent, digit for digit. */
function percent(rate: string): string {
  const [whole = "0", part = ""] = rate.split(".");
  const digits = `${whole}${part.padEnd(2, "0")}`;
  const point = digits.length - Math.max(part.length, 2) + 2;
  const text = `${digits.slice(0, point).replace(/^0+(?=\d)/, "")}.${digits.slice(point)}`;
  return `${text.includes(".") ? text.replace(/\.?0*$/, "") : text} %`;
}

export function Waterfall({ title, outcome, reasons, scale }: Props): JSX.Element {
  const all = bars(outcome, scale);
  const { currency, totals } = outcome;
  return (
    <section class="waterfall" aria-label={title}>
      <div class="row between">
        <h3>{title}</h3>
        <strong class="number">{money(totals.total, currency)}{!isZero(totals.points) && ` · ${number(totals.points)} points`}</strong>
      </div>
      {outcome.reason && <p class="note warn">{reasons[outcome.reason] ?? outcome.reason}</p>}
      <ol class="steps">
        {outcome.components.map((component, at) => <Step key={at} component={component} bar={all[at] ?? { from: 0, to: 0 }} currency={currency} />)}
        {outcome.points.map((points) => <PointsStep key={`${points.kind} ${points.id}`} points={points} />)}
      </ol>
      {outcome.components.length === 0 && outcome.points.length === 0 && <p class="muted">It brings nothing.</p>}
      <WhyNot rejected={outcome.rejected ?? []} reasons={reasons} />
    </section>
  );
}

function Step({ component, bar, currency }: { component: Component; bar: { from: number; to: number }; currency: string }): JSX.Element {
  return (
    <li class="step-line">
      <div class="row between"><span><strong>{component.id}</strong> <small class="muted">{kinds[component.kind]}</small></span><span class="number">{money(component.granted, currency)}</span></div>
      <svg class="step-bar" viewBox="0 0 400 8" preserveAspectRatio="none" aria-hidden="true">
        <rect class="ground" x="0" y="0" width="400" height="8" />
        <rect class={component.kind} x={bar.from * 400} y="0" width={Math.max((bar.to - bar.from) * 400, isZero(component.granted) ? 0 : 2)} height="8" />
      </svg>
      <small class="mono muted">{reckoning(component)}</small>
      {component.cuts.map((cut) => <small key={cut.cap} class="mono cut">− {cut.cut} by {cut.cap}, of which {cut.left} was left</small>)}
    </li>
  );
}

function PointsStep({ points }: { points: PointsComponent }): JSX.Element {
  return (
    <li class="step-line">
      <div class="row between"><span><strong>{points.id}</strong> <small class="muted">{kinds[points.kind]}</small></span><span class="number">{number(points.granted)} points</span></div>
      <small class="muted">{points.exact}{points.spendable_on && ` · to spend from ${points.spendable_on}`}{points.expires_on && ` through ${points.expires_on}`}</small>
      {points.cuts.map((cut) => <small key={cut.cap} class="mono cut">− {cut.cut} by {cut.cap}, of which {cut.left} was left</small>)}
    </li>
  );
}

function WhyNot({ rejected, reasons }: { rejected: readonly Rejection[]; reasons: Readonly<Record<string, string>> }): JSX.Element | null {
  if (rejected.length === 0) return null;
  return (
    <details class="why-not" open={rejected.length <= 6}>
      <summary>Why not the others ({rejected.length})</summary>
      <ul>
        {rejected.map((one, at) => (
          <li key={at}>
            <strong>{one.id}</strong> <span class="muted">{reasons[one.reason] ?? one.reason}</span>
            {one.clause !== "" && one.reason !== "amount_taken" && <small class="mono">{one.clause}{one.value !== "" && <> · met <em>{one.value}</em></>}</small>}
          </li>
        ))}
      </ul>
    </details>
  );
}
