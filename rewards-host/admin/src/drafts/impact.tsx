// What a draft would have cost on the purchases of the last days, run by the service with the same engine.
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { client, type Schemas, told } from "../api/client.ts";
import { day, isZero, money, number, plural, signed } from "../text.ts";
import { useAct } from "../ui/ask.ts";
import { Card, Figure, Figures, Nothing, Table, Trouble } from "../ui/parts.tsx";
import { trialDays } from "./types.ts";

export type ImpactAnswer = Schemas["Impact"];
type Members = ImpactAnswer["costs"]["gain"];

export function Impact(props: { of: string; version: number; answer: ImpactAnswer | undefined; onAnswer: (answer: ImpactAnswer) => void }): JSX.Element {
  const act = useAct();
  const version = useRef(props.version);
  version.current = props.version;
  const run = (): Promise<void> => act.run(async () => {
    const params = { path: { rule_set: props.of } };
    for (;;) {
      const tried = version.current;
      const answer = await told(client.POST("/api/v1/rules/{rule_set}/impact", { params, body: { days: trialDays } }));
      // What an earlier version would have cost says nothing of one that was saved meanwhile.
      if (tried === version.current) return props.onAnswer(answer);
    }
  });
  useEffect(() => {
    if (!props.answer) void run();
  }, [props.version]);
  if (act.error !== undefined) return <Trouble error={act.error} again={() => void run()} />;
  if (!props.answer) return <div class="waiting" role="status">Trying it on the last {trialDays} days</div>;
  return <Shown answer={props.answer} />;
}

function Shown({ answer }: { answer: ImpactAnswer }): JSX.Element {
  const { costs } = answer;
  if (costs.purchases === 0) return <div class="card"><Nothing>No purchase was posted in the last {answer.days} days.</Nothing></div>;
  const { currency, total } = costs;
  const difference = signed(total.difference, money(total.difference, currency));
  const points = signed(total.points_difference, number(total.points_difference));
  const about = (of: Members): string => (isZero(of.money) && !isZero(of.points) ? `${signed(of.points, number(of.points))} points` : signed(of.money, money(of.money, currency)));
  return (
    <div class="stack">
      <Figures>
        <Figure name="It costs" value={difference} about={`${money(total.old, currency)} → ${money(total.new, currency)}`} />
        <Figure name="Points" value={points} about={`${number(total.old_points)} → ${number(total.new_points)}`} />
        <Figure name="Members who gain" value={number(costs.gain.count)} about={about(costs.gain)} />
        <Figure name="Members who lose" value={number(costs.lose.count)} about={about(costs.lose)} />
        <Figure name="As before" value={number(costs.unchanged.count)} about={plural(costs.purchases, "purchase")} />
      </Figures>
      <Card title="By rule" about={`Purchases from ${day(answer.from)} to ${day(answer.to)}${answer.is_sample ? ", the newest of them" : ""}.`} flush>
        <Table label="What each rule costs">
          <thead><tr><th scope="col">Rule</th><th scope="col" class="number">Now</th><th scope="col" class="number">Then</th><th scope="col" class="number">Difference</th><th scope="col" class="number">Points now</th><th scope="col" class="number">Then</th></tr></thead>
          <tbody>
            {costs.by_rule.map(({ kind, id, sums }) => (
              <tr key={`${kind} ${id}`}>
                <th scope="row">{id}<small>{kind.replaceAll("_", " ")}</small></th>
                <td class="number">{money(sums.old, currency)}</td>
                <td class="number">{money(sums.new, currency)}</td>
                <td class={`number ${sign(sums.difference)}`}>{signed(sums.difference, money(sums.difference, currency))}</td>
                <td class="number">{number(sums.old_points)}</td>
                <td class="number">{number(sums.new_points)}</td>
              </tr>
            ))}
          </tbody>
        </Table>
      </Card>
      <div class="columns">
        {costs.by_change.length > 0 && (
          <Card title="Each change alone" flush>
            <Table label="What each change costs alone">
              <tbody>
                {[...costs.by_change, ...(costs.together ? [costs.together] : [])].map((change) => (
                  <tr key={change.name}>
                    <th scope="row">{change.name}{change.why_not && <small>{change.why_not}</small>}</th>
                    <td class={`number ${sign(change.money ?? "0")}`}>{change.money === null ? "–" : signed(change.money, money(change.money, currency))}</td>
                  </tr>
                ))}
              </tbody>
            </Table>
          </Card>
        )}
        {costs.tiers.length > 0 && (
          <Card title="Members in tiers at the end" flush>
            <Table label="Members in tiers">
              <thead><tr><th scope="col">Tier</th><th scope="col" class="number">Now</th><th scope="col" class="number">Then</th></tr></thead>
              <tbody>{costs.tiers.map((tier) => <tr key={tier.tier}><th scope="row">{tier.tier}</th><td class="number">{tier.old ?? "–"}</td><td class="number">{tier.new ?? "–"}</td></tr>)}</tbody>
            </Table>
          </Card>
        )}
      </div>
      <p class="muted">
        Both rule sets were run on the same purchases, in order. Members begin with the tier and spending that they had; limits and budgets with what was used of them.
        {answer.left_out > 0 && ` ${plural(answer.left_out, "refund")} of earlier purchases and what could not be evaluated are left out.`}
      </p>
    </div>
  );
}

/** More cost is no loss: the word is for who pays. */
const sign = (amount: string): string => (isZero(amount) ? "" : amount.startsWith("-") ? "gain" : "loss");
