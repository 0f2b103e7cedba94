// What a program costs, owes and keeps: by time, by campaign, by tier, with charts, and every table as CSV.
import type { ComponentChildren, JSX } from "preact";
import { useState } from "preact/hooks";
import { client, type Schemas, told } from "../api/client.ts";
import { csv, save } from "../csv.ts";
import { useProgram } from "../program.tsx";
import { added, instant, money, number, percent, plural } from "../text.ts";
import { type Asked, useAsked } from "../ui/ask.ts";
import { Chart, type Series } from "../ui/chart.tsx";
import { Answer, Card, Figure, Figures, Head, Nothing, Table } from "../ui/parts.tsx";
import { Tabs } from "../ui/tabs.tsx";

type Totals = Schemas["TotalsAnswer"];
interface Span {
  readonly program: string;
  readonly from: string;
  readonly to: string;
}

const local = (date: Date): string => new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 10);
const daysAgo = (days: number): string => local(new Date(Date.now() - days * 86_400_000));
const spans = [
  { words: "30 days", days: 29 },
  { words: "90 days", days: 89 },
  { words: "A year", days: 364 },
] as const;

export function Analytics(): JSX.Element {
  const { program } = useProgram();
  const [from, setFrom] = useState(daysAgo(29));
  const [to, setTo] = useState(daysAgo(0));
  const span: Span = { program, from, to };
  return (
    <>
      <Head title="Analytics">Sums by the program’s own days. Money is exact; charts are drawn from it.</Head>
      <div class="stack">
        <div class="card card-body spans">
          <div class="chips" role="group" aria-label="Which days">
            {spans.map(({ words, days }) => (
              <button key={words} type="button" class="chip" aria-pressed={from === daysAgo(days) && to === daysAgo(0)} onClick={() => { setFrom(daysAgo(days)); setTo(daysAgo(0)); }}>{words}</button>
            ))}
          </div>
          <label>From <input class="input" type="date" value={from} max={to} onChange={(event) => event.currentTarget.value && setFrom(event.currentTarget.value)} /></label>
          <label>To <input class="input" type="date" value={to} min={from} onChange={(event) => event.currentTarget.value && setTo(event.currentTarget.value)} /></label>
        </div>
        <Tabs label="Reports" tabs={[
          { id: "cost", words: "Cost", content: () => <Cost span={span} /> },
          { id: "campaigns", words: "Campaigns", content: () => <OfCampaigns span={span} /> },
          { id: "tiers", words: "Tiers", content: () => <OfTiers span={span} /> },
          { id: "liability", words: "Liability", content: () => <OfLiability program={program} /> },
          { id: "breakage", words: "Breakage", content: () => <OfBreakage program={program} /> },
        ]} />
      </div>
    </>
  );
}

interface Column<T> {
  readonly name: string;
  /** As the file has it: exact, without separators. */
  readonly raw: (of: T) => string;
  /** As the page shows it. */
  readonly shown?: (of: T) => ComponentChildren;
  readonly isNumber?: boolean;
}

function Report<T>({ title, about, name, columns, items, children }: { title: string; about?: string; name: string; columns: readonly Column<T>[]; items: readonly T[]; children?: ComponentChildren }): JSX.Element {
  const file = (): void => save(`${name}.csv`, csv(columns.map((column) => column.name), items.map((item) => columns.map((column) => column.raw(item)))));
  return (
    <Card title={title} about={about} flush acts={items.length > 0 && <button type="button" class="button small" onClick={file}>CSV</button>}>
      {items.length === 0 ? <Nothing>Nothing in these days.</Nothing> : (
        <>
          {children}
          <Table label={title}>
            <thead><tr>{columns.map((column) => <th key={column.name} scope="col" class={column.isNumber ? "number" : undefined}>{column.name}</th>)}</tr></thead>
            <tbody>{items.map((item, at) => (
              <tr key={at}>{columns.map((column, place) => {
                const shown = column.shown ? column.shown(item) : column.raw(item);
                return place === 0 ? <th key={column.name} scope="row">{shown}</th> : <td key={column.name} class={column.isNumber ? "number" : undefined}>{shown}</td>;
              })}</tr>
            ))}</tbody>
          </Table>
        </>
      )}
    </Card>
  );
}

const amounts = (currency: string) => (value: number): string => new Intl.NumberFormat("en", { style: "currency", currency, notation: "compact", maximumFractionDigits: 1 }).format(value);
const compact = (value: number): string => new Intl.NumberFormat("en", { notation: "compact" }).format(value);

/** A column of money, or of points, of sums. */
type Sum = Totals["items"][number];
const inMoney = (name: string, pick: (of: Sum) => string, currency: string): Column<Sum> => ({ name, raw: pick, shown: (of) => money(pick(of), currency), isNumber: true });
const counts = (name: string, pick: (of: Sum) => string | number): Column<Sum> => ({ name, raw: (of) => String(pick(of)), shown: (of) => number(pick(of)), isNumber: true });
const rate: Column<Sum> = { name: "granted per 1.00", raw: (of) => of.return_on_spend ?? "", shown: (of) => of.return_on_spend ?? "–", isNumber: true };

const drawn = (items: readonly Sum[]): Series[] => [
  { name: "base", values: items.map((one) => Number(one.base)) },
  { name: "loyalty", values: items.map((one) => Number(one.loyalty)) },
  { name: "campaigns", values: items.map((one) => Number(one.campaign)) },
];

function Cost({ span }: { span: Span }): JSX.Element {
  const length = (new Date(span.to).getTime() - new Date(span.from).getTime()) / 86_400_000;
  const by = length > 92 ? ("month" as const) : ("day" as const);
  const asked: Asked<Totals> = useAsked(() => told(client.GET("/api/v1/analytics/totals", { params: { query: { ...span, by } } })), [span.program, span.from, span.to]);
  const categories: Asked<Totals> = useAsked(() => told(client.GET("/api/v1/analytics/totals", { params: { query: { ...span, by: "category" } } })), [span.program, span.from, span.to]);
  return (
    <div class="stack">
      <Answer of={asked}>{({ items, currency, exact_up_to }) => {
        const sum = (pick: (one: Sum) => string | number): string => added(items.map((one) => String(pick(one))));
        const [spend, total] = [added([sum((one) => one.spend), sum((one) => one.refunded)]), sum((one) => one.total)];
        const columns = [
          { name: by, raw: (of: Sum) => of.key },
          counts("purchases", (of) => of.purchases),
          counts("refunds", (of) => of.refunds),
          inMoney("spend", (of) => of.spend, currency),
          inMoney("base", (of) => of.base, currency),
          inMoney("loyalty", (of) => of.loyalty, currency),
          inMoney("campaigns", (of) => of.campaign, currency),
          inMoney("reversed", (of) => of.reversed, currency),
          inMoney("total", (of) => of.total, currency),
          counts("points", (of) => of.points),
          rate,
        ];
        return (
          <>
            <Figures>
              <Figure name="Granted" value={money(total || "0", currency)} about={Number(spend) > 0 ? `${(100 * Number(total) / Number(spend)).toFixed(2)} % of what remains spent` : ""} />
              <Figure name="Spend" value={money(spend || "0", currency)} about="refunds taken off" />
              <Figure name="Purchases" value={number(sum((one) => one.purchases))} about={plural(Number(sum((one) => one.refunds)), "refund")} />
              <Figure name="Points" value={number(sum((one) => one.points))} about="granted, less those taken back" />
            </Figures>
            <Report title={`Cost by ${by}`} about={`Exact up to ${instant(exact_up_to)}.`} name={`cost-by-${by}`} columns={columns} items={items}>
              <Chart label={`Granted by ${by}: base, loyalty and campaigns`} kind="stacked" axis={by} keys={items.map((one) => (by === "day" ? one.key.slice(5) : one.key))} series={drawn(items)} text={amounts(currency)} />
            </Report>
          </>
        );
      }}</Answer>
      <Answer of={categories}>{({ items, currency }) => (
        <Report title="Cost by category" name="cost-by-category" items={items} columns={[
          { name: "category", raw: (of) => of.key, shown: (of) => of.key || "none" },
          counts("purchases", (of) => of.purchases),
          inMoney("spend", (of) => of.spend, currency),
          inMoney("total", (of) => of.total, currency),
          counts("points", (of) => of.points),
          rate,
        ]}>
          <Chart label="Granted by category: base, loyalty and campaigns" kind="stacked" axis="category" keys={items.map((one) => one.key || "none")} series={drawn(items)} text={amounts(currency)} />
        </Report>
      )}</Answer>
    </div>
  );
}

function OfCampaigns({ span }: { span: Span }): JSX.Element {
  const asked: Asked<Totals> = useAsked(() => told(client.GET("/api/v1/analytics/campaigns", { params: { query: span } })), [span.program, span.from, span.to]);
  const names = useAsked(async () => new Map((await told(client.GET("/api/v1/campaigns", { params: { query: { program: span.program } } }))).campaigns.map((one) => [one.campaign_id, one])), [span.program]);
  const called = (id: string): string => names.value?.get(id)?.name ?? (id || "none");
  return (
    <Answer of={asked}>{({ items, currency }) => (
      <Report title="Return of campaigns" about="Purchases are those on which the campaign granted something; what each brought in spend for what it cost." name="campaigns" items={items} columns={[
        { name: "campaign", raw: (of) => of.key, shown: (of) => <>{called(of.key)}<small class="mono">{of.key}</small></> },
        { name: "paid by", raw: (of) => names.value?.get(of.key)?.funded_by ?? "", shown: (of) => names.value?.get(of.key)?.funded_by ?? "the program" },
        counts("purchases", (of) => of.purchases),
        inMoney("spend", (of) => of.spend, currency),
        inMoney("granted", (of) => of.campaign, currency),
        inMoney("reversed", (of) => of.reversed, currency),
        counts("points", (of) => of.points),
        rate,
        { name: "spend per 1.00", raw: (of) => perUnit(of), shown: (of) => perUnit(of) || "–", isNumber: true },
      ]}>
        <Chart label="Money that campaigns granted" axis="campaign" kind="stacked" keys={items.map((one) => called(one.key))} series={[{ name: "granted", values: items.map((one) => Number(one.campaign) + Number(one.reversed)) }]} text={amounts(currency)} />
      </Report>
    )}</Answer>
  );
}

/** Spend for each 1.00 granted, for people: a ratio, no money. */
function perUnit({ spend, refunded, total }: Sum): string {
  const granted = Number(total);
  return granted > 0 ? ((Number(spend) + Number(refunded)) / granted).toFixed(2) : "";
}

function OfTiers({ span }: { span: Span }): JSX.Element {
  const asked: Asked<Totals> = useAsked(() => told(client.GET("/api/v1/analytics/tiers", { params: { query: span } })), [span.program, span.from, span.to]);
  return (
    <Answer of={asked}>{({ items, currency }) => (
      <Report title="Cost by tier" about="The tier that each purchase had." name="tiers" items={items} columns={[
        { name: "tier", raw: (of) => of.key, shown: (of) => of.key || "none" },
        counts("purchases", (of) => of.purchases),
        inMoney("spend", (of) => of.spend, currency),
        inMoney("base", (of) => of.base, currency),
        inMoney("loyalty", (of) => of.loyalty, currency),
        inMoney("campaigns", (of) => of.campaign, currency),
        inMoney("total", (of) => of.total, currency),
        counts("points", (of) => of.points),
        rate,
      ]}>
        <Chart label="Granted by tier" axis="tier" kind="stacked" keys={items.map((one) => one.key || "none")} series={drawn(items)} text={amounts(currency)} />
      </Report>
    )}</Answer>
  );
}

type Liability = Schemas["Liability"];
type Breakage = Schemas["Breakage"];
const month = (of: { month?: string | null }): string => of.month ?? "never";

function OfLiability({ program }: { program: string }): JSX.Element {
  const asked = useAsked(async () => (await told(client.GET("/api/v1/analytics/liability", { params: { query: { program } } }))).items, [program]);
  const points = (name: string, pick: (of: Liability) => string): Column<Liability> => ({ name, raw: pick, shown: (of) => number(pick(of)), isNumber: true });
  return (
    <Answer of={asked}>{(items) => (
      <div class="stack">
        <Figures>
          <Figure name="Points owed" value={number(added(items.map((one) => one.owed)))} about="now, whatever the days above" />
          <Figure name="Available" value={number(added(items.map((one) => one.available)))} />
          <Figure name="Pending" value={number(added(items.map((one) => one.pending)))} />
        </Figures>
        <Report title="Points owed, by month of expiry" name="liability" items={items} columns={[{ name: "expires in", raw: month }, points("available", (of) => of.available), points("pending", (of) => of.pending), points("owed", (of) => of.owed)]}>
          <Chart label="Points owed by month of expiry" axis="month" kind="stacked" keys={items.map(month)} series={[{ name: "available", values: items.map((one) => Number(one.available)) }, { name: "pending", values: items.map((one) => Number(one.pending)) }]} text={compact} />
        </Report>
      </div>
    )}</Answer>
  );
}

function OfBreakage({ program }: { program: string }): JSX.Element {
  const asked = useAsked(async () => (await told(client.GET("/api/v1/analytics/breakage", { params: { query: { program } } }))).items, [program]);
  const points = (name: string, pick: (of: Breakage) => string): Column<Breakage> => ({ name, raw: pick, shown: (of) => number(pick(of)), isNumber: true });
  return (
    <Answer of={asked}>{(items) => (
      <Report title="What became of points, by month of expiry" about="Breakage is the share that expired unspent." name="breakage" items={items} columns={[
        { name: "expires in", raw: month },
        points("earned", (of) => of.earned),
        points("redeemed", (of) => of.redeemed),
        points("expired", (of) => of.expired),
        points("open", (of) => of.open),
        { name: "breakage", raw: (of) => of.rate ?? "", shown: (of) => (of.rate ? percent(Number(of.rate)) : "–"), isNumber: true },
      ]}>
        <Chart label="Points redeemed, expired and open, by month of expiry" axis="month" kind="stacked" keys={items.map(month)} series={[{ name: "redeemed", values: items.map((one) => Number(one.redeemed)) }, { name: "expired", values: items.map((one) => Number(one.expired)) }, { name: "open", values: items.map((one) => Number(one.open)) }]} text={compact} />
      </Report>
    )}</Answer>
  );
}
