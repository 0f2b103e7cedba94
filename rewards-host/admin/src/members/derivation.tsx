// How an outcome came about: a waterfall from the first component to the total, and why other rules brought nothing.
import type { JSX } from "preact";
import { client, told } from "../api/client.ts";
import { day, isZero, money, number } from "../text.ts";
import { useAsked } from "../ui/ask.ts";
import { Answer, Badge, Table } from "../ui/parts.tsx";
import { type Component, type Outcome, reasons } from "./outcome.ts";

export function Derivation({ id }: { id: string }): JSX.Element {
  const params = { path: { transaction_id: id }, query: { explain: true } };
  const asked = useAsked(async () => (await told(client.GET("/api/v1/cashback/outcomes/{transaction_id}", { params }))) as unknown as Outcome, [id]);
  return <Answer of={asked}>{(outcome) => <Waterfall outcome={outcome} />}</Answer>;
}

interface Bar {
  readonly name: string;
  readonly about: string;
  readonly kind: string;
  /** Money that this step adds, or takes, as text. */
  readonly text: string;
  readonly from: number;
  readonly to: number;
}

/** The formula of a component in words. */
function formula({ basis, rate, exact, rounded }: Component, currency: string): string {
  if (basis === undefined || rate === undefined) return `fixed ${money(rounded, currency)}`;
  const factor = Math.abs(Number(rate)) <= 1 ? percentage(rate) : rate;
  const rounding = Number(exact) === Number(rounded) ? "" : ` → ${money(rounded, currency)}`;
  return `${money(basis, currency)} × ${factor} = ${exact}${rounding}`;
}

/** A rate as percent: the point moves by two places, exactly. */
function percentage(rate: string): string {
  const [whole = "0", part = ""] = rate.split(".");
  const digits = part.padEnd(2, "0");
  const text = `${whole}${digits.slice(0, 2)}.${digits.slice(2)}`.replace(/^(-?)0+(?=\d)/, "$1").replace(/\.$/, "");
  return `${text} %`;
}

function bars({ components, totals, currency }: Outcome): Bar[] {
  const steps: Bar[] = [];
  let level = 0;
  const step = (name: string, kind: string, about: string, text: string): void => {
    const to = level + Number(text);
    steps.push({ name, kind, about, text, from: level, to });
    level = to;
  };
  for (const component of components) {
    step(component.id, component.kind, formula(component, currency), component.rounded);
    for (const { cap, left, cut } of component.cuts) step(`cut by ${cap}`, "cut", `${money(left, currency)} was left`, `-${cut}`);
  }
  steps.push({ name: "Total", kind: "total", about: "", text: totals.total, from: 0, to: Number(totals.total) });
  return steps;
}

/** Also for the preview of a draft: it has outcomes of the same shape. */
export function Waterfall({ outcome }: { outcome: Outcome }): JSX.Element {
  const steps = bars(outcome);
  const ends = steps.flatMap(({ from, to }) => [from, to]);
  const [low, high] = [Math.min(0, ...ends), Math.max(0, ...ends)];
  const place = (value: number): number => (high > low ? ((value - low) / (high - low)) * 200 : 0);
  const { currency } = outcome;
  return (
    <div class="derivation">
      <p class="row">
        <strong>{money(outcome.amount, currency)}</strong>
        {outcome.eligible_amount !== outcome.amount && <span>of which {money(outcome.eligible_amount, currency)} counts</span>}
        {outcome.tier && <Badge tone="info">{outcome.tier}</Badge>}
        {outcome.original && <span>refund of <span class="mono">{outcome.original}</span></span>}
        {outcome.reason && <Badge tone="warn">{reasons[outcome.reason] ?? outcome.reason}</Badge>}
      </p>
      <Table label="How the amount came about">
        <thead><tr><th scope="col">Rule</th><th scope="col">How</th><th scope="col"><span class="unseen">Picture</span></th><th scope="col" class="number">Money</th></tr></thead>
        <tbody>
          {steps.map((step, at) => (
            <tr key={at} class={step.kind === "total" ? "sum" : undefined}>
              <th scope="row">{step.name}{step.kind !== "total" && step.kind !== "cut" && <small>{step.kind}</small>}</th>
              <td class="how">{step.about}</td>
              <td class="bar">
                <svg viewBox="0 0 200 14" preserveAspectRatio="none" aria-hidden="true">
                  <line x1={place(0)} x2={place(0)} y1="0" y2="14" vector-effect="non-scaling-stroke" />
                  <rect class={step.kind} x={place(Math.min(step.from, step.to))} width={Math.max(1, Math.abs(place(step.to) - place(step.from)))} y="2" height="10" />
                </svg>
              </td>
              <td class="number">{money(step.text, currency)}</td>
            </tr>
          ))}
        </tbody>
      </Table>
      {outcome.points.length > 0 && (
        <p>
          <strong>{number(outcome.totals.points)} points</strong>: {outcome.points.map((grant) => `${grant.id} ${number(grant.granted)}${grant.expires_on ? ` until ${day(grant.expires_on)}` : ""}`).join(", ")}
        </p>
      )}
      {outcome.progress && (
        <p class="muted">
          Spending in {outcome.progress.window}: {money(outcome.progress.spending, currency)}; tier from then on {outcome.progress.tier}
          {outcome.progress.next && outcome.progress.missing && !isZero(outcome.progress.missing) && `, ${money(outcome.progress.missing, currency)} to ${outcome.progress.next}`}.
        </p>
      )}
      {outcome.rejected && outcome.rejected.length > 0 && (
        <details open>
          <summary>What brought nothing, and why ({outcome.rejected.length})</summary>
          <ul class="why-not">
            {outcome.rejected.map((one) => (
              <li key={`${one.kind} ${one.id}`}>
                <strong>{one.id}</strong> <span class="muted">{one.kind.replaceAll("_", " ")}</span> {reasons[one.reason] ?? one.reason}
                {one.clause && <code>{one.clause}</code>}
                {one.value !== undefined && one.value !== null && <span class="muted">met {typeof one.value === "string" ? one.value : JSON.stringify(one.value)}</span>}
              </li>
            ))}
          </ul>
        </details>
      )}
      <p class="muted"><small class="mono">{outcome.rule_set}</small></p>
    </div>
  );
}
