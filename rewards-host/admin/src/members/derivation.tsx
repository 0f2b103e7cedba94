// How a posted purchase or refund came about: asked of the service, which does the posting again.
import type { JSX } from "preact";
import { client, told } from "../api/client.ts";
import { type Outcome, Waterfall } from "../outcome/waterfall.tsx";
import { isZero, money } from "../text.ts";
import { useAsked } from "../ui/ask.ts";
import { Answer, Badge } from "../ui/parts.tsx";

export function Derivation({ id }: { id: string }): JSX.Element {
  const params = { path: { transaction_id: id }, query: { explain: true } };
  const asked = useAsked(() => told(client.GET("/api/v1/cashback/outcomes/{transaction_id}", { params })), [id]);
  return <Answer of={asked}>{(outcome) => <Shown outcome={outcome} />}</Answer>;
}

function Shown({ outcome }: { outcome: Outcome }): JSX.Element {
  const { amount, eligible_amount: eligible, currency, tier, original, progress } = outcome;
  return (
    <div class="derivation">
      <p class="row">
        <strong>{money(amount, currency)}</strong>
        {eligible !== amount && <span>of which {money(eligible, currency)} counts</span>}
        {tier && <Badge tone="info">{tier}</Badge>}
        {original && <span>refund of <span class="mono">{original}</span></span>}
      </p>
      <Waterfall title="How the amount came about" outcome={outcome} />
      {progress && (
        <p class="muted">
          Spending in {progress.window}: {money(progress.spending, currency)}; tier from then on {progress.tier}
          {progress.next && progress.missing && !isZero(progress.missing) && `, ${money(progress.missing, currency)} to ${progress.next}`}.
        </p>
      )}
      <p class="muted"><small class="mono">{outcome.rule_set}</small></p>
    </div>
  );
}
