// Campaigns of the rules in force by their state, and what is on its way: drafts, and those in review.
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { client, Problem, told } from "../api/client.ts";
import { type Campaign, CampaignState, DraftBadge, reward, runs } from "../campaigns.tsx";
import { filesInForce, type Paused, pausedIn } from "../drafts/in-force.ts";
import { useProgram } from "../program.tsx";
import { away, money, number, share } from "../text.ts";
import { type Asked, useAct, useAsked } from "../ui/ask.ts";
import { Dialog } from "../ui/dialog.tsx";
import { Answer, Badge, Card, Field, Gauge, Head, Nothing, Table, Trouble } from "../ui/parts.tsx";

const states = ["active", "paused", "scheduled", "ended"] as const;

export function Campaigns(): JSX.Element {
  const { program, currency, timezone } = useProgram();
  const query = { program };
  const campaigns = useAsked(async () => (await told(client.GET("/api/v1/campaigns", { params: { query } }))).campaigns, [program]);
  const [shown, setShown] = useState<string>("all");
  const [pausing, setPausing] = useState<Campaign>();
  const [stays, setStays] = useState<Campaign>();
  const act = useAct();
  // A list of campaigns does not say who paused them; the rules in force do.
  const areSome = campaigns.value?.some((one) => one.state === "paused") ?? false;
  const paused = useAsked(async () => (areSome ? await pausedIn((await filesInForce(program)) ?? {}) : undefined), [program, campaigns.value]);
  const pause = async (campaign_id: string, form: FormData): Promise<void> => {
    const body = { program, reason: String(form.get("reason") ?? "").trim() };
    await told(client.PUT("/api/v1/campaigns/{campaign_id}/pause", { params: { path: { campaign_id } }, body }));
    campaigns.again();
  };
  const resume = (campaign: Campaign): Promise<void> => act.run(async () => {
    const { campaign_id } = campaign;
    const answer = await told(client.DELETE("/api/v1/campaigns/{campaign_id}/pause", { params: { path: { campaign_id }, query } }));
    setStays(answer.by_rules ? campaign : undefined);
    campaigns.again();
  });
  return (
    <>
      <Head title="Campaigns" acts={<a class="button main-act" href="/admin/rules?new">New draft</a>}>
        What runs under the rules in force, and what is on its way to them.
      </Head>
      <div class="stack">
        <Answer of={campaigns}>{(all) => (
          <Card title="In force" flush acts={(
            <div class="chips" role="group" aria-label="Which campaigns">
              {["all", ...states].map((state) => {
                const count = state === "all" ? all.length : all.filter((one) => one.state === state).length;
                return <button key={state} type="button" class="chip" aria-pressed={shown === state} onClick={() => setShown(state)}>{state} {count}</button>;
              })}
            </div>
          )}>
            {act.error !== undefined && <Trouble error={act.error} />}
            {stays && <div class="note" role="status"><strong>{stays.name} stays paused.</strong><p>The pause by hand is ended. The rules themselves have it under <code>paused</code>, and only other rules let it run.</p></div>}
            <List campaigns={all.filter((one) => shown === "all" || one.state === shown)} paused={paused} currency={currency} timeZone={timezone} onPause={setPausing} onResume={(campaign) => void resume(campaign)} />
          </Card>
        )}</Answer>
        <Drafts />
      </div>
      {pausing && (
        <Dialog title={`Pause ${pausing.name}`} about="From about three seconds on it grants nothing, to nobody, until it is resumed. What was bought before stays as it was; nobody has to approve it." act="Pause" isGrave onAct={(form) => pause(pausing.campaign_id, form)} onClose={() => setPausing(undefined)}>
          <Field label="Reason" about="The audit of the program keeps it.">
            {(id, about) => <input id={id} class="input" name="reason" required maxlength={500} aria-describedby={about} />}
          </Field>
        </Dialog>
      )}
    </>
  );
}

interface ListProps {
  readonly campaigns: readonly Campaign[];
  readonly paused: Asked<Paused | undefined>;
  readonly currency: string;
  readonly timeZone: string;
  onPause(campaign: Campaign): void;
  onResume(campaign: Campaign): void;
}

function List({ campaigns, paused, currency, timeZone, onPause, onResume }: ListProps): JSX.Element {
  if (campaigns.length === 0) return <Nothing>No campaign is in this state.</Nothing>;
  const sorted = states.flatMap((state) => campaigns.filter((campaign) => campaign.state === state));
  return (
    <Table label="Campaigns in force">
      <thead><tr><th scope="col">Campaign</th><th scope="col">State</th><th scope="col">Brings</th><th scope="col">Runs</th><th scope="col">Budget</th></tr></thead>
      <tbody>
        {sorted.map((campaign) => (
          <tr key={campaign.campaign_id}>
            <th scope="row">{campaign.name}<small class="mono">{campaign.campaign_id}</small></th>
            <td class="nowrap">
              <CampaignState state={campaign.state} />
              {campaign.state === "paused" && <Pause campaign={campaign} paused={paused} onResume={onResume} />}
              {campaign.state === "active" && <button type="button" class="button small bare state-act" onClick={() => onPause(campaign)}>Pause<span class="unseen"> {campaign.name}</span></button>}
            </td>
            <td>{reward(campaign, currency)}<small>{conditions(campaign, currency)}</small></td>
            <td>{runs(campaign, timeZone)}</td>
            <td class="budget">{campaign.budget ? <Tank campaign={campaign} currency={currency} /> : <span class="muted">none</span>}</td>
          </tr>
        ))}
      </tbody>
    </Table>
  );
}

/** What pauses a campaign, and what would let it run. Where that is not to be had, the service says it when it is resumed. */
function Pause({ campaign, paused, onResume }: { campaign: Campaign; paused: Asked<Paused | undefined>; onResume: (campaign: Campaign) => void }): JSX.Element | null {
  if (!paused.value && paused.error === undefined) return null;
  const { byRules, byHand } = paused.value ?? { byRules: new Set(), byHand: new Set() };
  const button = (words: string): JSX.Element => (
    <button type="button" class="button small state-act" onClick={() => onResume(campaign)}>{words}<span class="unseen"> {campaign.name}</span></button>
  );
  if (!byRules.has(campaign.campaign_id)) return button("Resume");
  const isBoth = byHand.has(campaign.campaign_id);
  return (
    <>
      <small class="by-rules">{isBoth ? "By somebody and by the rules." : "By the rules."} Only other rules let it run: <a href="/admin/rules?new">begin a draft</a> without it under <code>paused</code>.</small>
      {isBoth && button("End the pause by hand")}
    </>
  );
}

function conditions(campaign: Campaign, currency: string): string {
  const least = campaign.min_transaction && `from ${money(campaign.min_transaction, currency)}`;
  const most = campaign.max_per_transaction && `at most ${money(campaign.max_per_transaction, currency)}`;
  const enrol = campaign.enrolment && "who enrolled";
  const funded = campaign.funded_by && `paid by ${campaign.funded_by}`;
  return [least, most, enrol, funded].filter(Boolean).join(" · ");
}

function Tank({ campaign, currency }: { campaign: Campaign; currency: string }): JSX.Element | null {
  const { budget } = campaign;
  if (!budget) return null;
  const isPoints = campaign.kind.startsWith("points");
  const text = (amount: string): string => (isPoints ? `${number(amount)} points` : money(amount, currency));
  return <Gauge name="" label={`Budget of ${campaign.name}`} left={share(budget.left, budget.limit)} used={text(budget.used)} leftText={text(budget.left)} />;
}

/** The campaigns and rules that a draft changes, in the first few of its changes. */
function Touched({ draft }: { draft: string }): JSX.Element {
  const asked = useAsked(async () => {
    try {
      const answer = await told(client.GET("/api/v1/rules/{rule_set}/diff", { params: { path: { rule_set: draft } } }));
      return answer.changes.map((change) => change.words);
    } catch (error) {
      if (error instanceof Problem && error.code === "findings_present") return undefined;
      throw error;
    }
  }, [draft]);
  if (asked.isWaiting) return <span class="muted">…</span>;
  if (asked.error !== undefined) return <span class="muted">–</span>;
  if (!asked.value) return <Badge tone="bad">has errors</Badge>;
  const [words, more] = [asked.value.slice(0, 3), asked.value.length - 3];
  return <>{words.length === 0 ? <span class="muted">nothing yet</span> : words.map((one) => <div key={one}>{one}</div>)}{more > 0 && <span class="muted">and {more} more</span>}</>;
}

/** Drafts that are not law yet. */
export function Drafts(): JSX.Element {
  const { program } = useProgram();
  const drafts = useAsked(async () => {
    const { items } = await told(client.GET("/api/v1/rules", { params: { query: { program, kind: "drafts", limit: 100 } } }));
    return items.filter((item) => item.state !== "published" && item.state !== "withdrawn");
  }, [program]);
  return (
    <Card title="Drafts and in review" flush>
      <Answer of={drafts}>{(items) => items.length === 0 ? <Nothing>Nothing is being written.</Nothing> : (
        <Table label="Drafts and in review">
          <thead><tr><th scope="col">Draft</th><th scope="col">State</th><th scope="col">What it changes</th><th scope="col">By</th><th scope="col">Begun</th></tr></thead>
          <tbody>
            {items.map((item) => (
              <tr key={item.id}>
                <th scope="row"><a href={`/admin/rules/${item.id}`}>{item.note || "Without a note"}</a></th>
                <td>{item.state && <DraftBadge state={item.state} />}</td>
                <td><Touched draft={item.id} /></td>
                <td>{item.author}{item.approved_by ? <small>approved by {item.approved_by}</small> : item.submitted_by && <small>submitted by {item.submitted_by}</small>}</td>
                <td class="nowrap">{away(item.created_at)}</td>
              </tr>
            ))}
          </tbody>
        </Table>
      )}</Answer>
    </Card>
  );
}
