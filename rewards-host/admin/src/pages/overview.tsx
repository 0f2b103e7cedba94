// The first page: what a program costs now, what runs, what is about to run out, and what waits for somebody.
import type { JSX } from "preact";
import { client, told } from "../api/client.ts";
import { BudgetGauge, CampaignState, DraftBadge, reward } from "../campaigns.tsx";
import { useProgram } from "../program.tsx";
import { added, away, hash, instant, money, number, plural, share } from "../text.ts";
import { useAsked } from "../ui/ask.ts";
import { Answer, Card, Figure, Figures, Head, Nothing, Table } from "../ui/parts.tsx";

export function Overview(): JSX.Element {
  const { program, name, currency, tiers, timezone } = useProgram();
  const query = { program };
  const campaigns = useAsked(async () => (await told(client.GET("/api/v1/campaigns", { params: { query } }))).campaigns, [program]);
  const budgets = useAsked(async () => (await told(client.GET("/api/v1/analytics/budgets", { params: { query } }))).items, [program]);
  const totals = useAsked(async () => (await told(client.GET("/api/v1/analytics/return-on-spend", { params: { query } }))).items, [program]);
  const owed = useAsked(async () => (await told(client.GET("/api/v1/analytics/liability", { params: { query } }))).items, [program]);
  const rules = useAsked(async () => (await told(client.GET("/api/v1/rules", { params: { query: { program, limit: 50 } } }))).items, [program]);
  const named = (id: string | null | undefined): string => (id && campaigns.value?.find((one) => one.campaign_id === id)?.name) || id || "The whole program";
  return (
    <>
      <Head title={name}>{currency}, days by {timezone}.</Head>
      <div class="stack">
        <Answer of={totals}>{(months) => {
          const sum = (pick: (one: (typeof months)[number]) => string | number): string => added(months.map((one) => String(pick(one))));
          const [granted, spend] = [sum((one) => one.total), sum((one) => one.spend)];
          return (
            <Figures>
              <Figure name="Granted in 30 days" value={money(granted, currency)} about={Number(spend) > 0 ? `${(share(granted, spend) * 100).toFixed(2)} % of ${money(spend, currency)}` : "nothing was bought"} />
              <Figure name="Purchases in 30 days" value={number(sum((one) => one.purchases))} about={plural(Number(sum((one) => one.refunds)), "refund")} />
              <Figure name="Points that are owed" value={owed.value ? number(added(owed.value.map((one) => one.owed))) : "…"} about={owed.value && `in ${plural(owed.value.length, "month")} of expiry`} />
              <Figure name="Campaigns now" value={campaigns.value ? number(campaigns.value.filter((one) => one.state === "active").length) : "…"} about={campaigns.value && `${campaigns.value.filter((one) => one.state === "scheduled").length} to come`} />
            </Figures>
          );
        }}</Answer>
        <div class="columns">
          <Card title="Budgets" about="How much is left in each tank.">
            <Answer of={budgets}>{(items) => items.length === 0 ? <Nothing>The rules in force have no budget.</Nothing> : (
              <div class="stack">{items.map((budget) => <BudgetGauge key={budget.counter} budget={budget} name={named(budget.campaign_id)} currency={currency} />)}</div>
            )}</Answer>
          </Card>
          <div class="stack">
            <Card title="On its way" about="Drafts, and what waits for a second person." flush>
              <Answer of={rules}>{(items) => {
                const open = items.filter((item) => item.kind === "draft" && item.state !== "published" && item.state !== "withdrawn");
                return open.length === 0 ? <Nothing>Nothing is being written.</Nothing> : (
                  <Table label="Drafts">
                    <tbody>{open.slice(0, 6).map((item) => (
                      <tr key={item.id}>
                        <th scope="row"><a href={`/admin/rules/${item.id}`}>{item.note || "Without a note"}</a><small>{item.author}, {away(item.created_at)}</small></th>
                        <td class="number">{item.state && <DraftBadge state={item.state} />}</td>
                      </tr>
                    ))}</tbody>
                  </Table>
                );
              }}</Answer>
            </Card>
            <Card title="Recent publications" acts={<a href="/admin/rules#publications">All</a>} flush>
              <Answer of={rules}>{(items) => (
                <Table label="Recent publications">
                  <tbody>{items.filter((item) => item.kind === "publication").slice(0, 5).map((item) => (
                    <tr key={item.id}>
                      <th scope="row">{item.note || "Without a note"}<small>{item.author}{item.approved_by && `, approved by ${item.approved_by}`}</small></th>
                      <td class="number">{item.in_force_from && (item.in_force_from.startsWith("1970") ? "from ever on" : instant(item.in_force_from))}<small class="mono">{item.rule_set && hash(item.rule_set)}</small></td>
                    </tr>
                  ))}</tbody>
                </Table>
              )}</Answer>
            </Card>
          </div>
        </div>
        <div class="columns">
          <Card title="Campaigns now" acts={<a href="/admin/campaigns">All</a>} flush>
            <Answer of={campaigns}>{(items) => {
              const now = items.filter((item) => item.state !== "ended");
              return now.length === 0 ? <Nothing>No campaign runs or is to come.</Nothing> : (
                <Table label="Campaigns now">
                  <tbody>{now.map((item) => (
                    <tr key={item.campaign_id}>
                      <th scope="row">{item.name}<small>{reward(item, currency)}</small></th>
                      <td class="number"><CampaignState state={item.state} /></td>
                    </tr>
                  ))}</tbody>
                </Table>
              );
            }}</Answer>
          </Card>
          <Card title="Tiers" flush>
            <Table label="Tiers">
              <thead><tr><th scope="col">Tier</th><th scope="col" class="number">From</th><th scope="col">Brings</th></tr></thead>
              <tbody>{tiers.map((tier) => (
                <tr key={tier.tier}>
                  <th scope="row">{tier.tier}</th>
                  <td class="number">{money(tier.min_spending, currency)}</td>
                  <td>{benefits(tier.benefits)}</td>
                </tr>
              ))}</tbody>
            </Table>
          </Card>
        </div>
      </div>
    </>
  );
}

function benefits(of: Record<string, unknown>): string {
  const text = (name: string): string => (typeof of[name] === "string" ? (of[name] as string) : "");
  const texts = Array.isArray(of["texts"]) ? of["texts"].map(String) : [];
  const words = [
    text("bonus_percent") && `${text("bonus_percent")} % on top`,
    text("bonus_multiplier") && `${text("bonus_multiplier")} × the base`,
    text("points_multiplier") && text("points_multiplier") !== "1" && `${text("points_multiplier")} × the points`,
    text("upgrade_points") && text("upgrade_points") !== "0" && `${number(text("upgrade_points"))} points on arrival`,
    ...texts,
  ];
  return words.filter(Boolean).join(", ") || "the base alone";
}

