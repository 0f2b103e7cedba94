// A member for those who help: what they have, where they stand, what happened, and why.
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { useRoute } from "preact-iso";
import { client, newKey, Problem, type Schemas, told } from "../api/client.ts";
import { Derivation } from "../members/derivation.tsx";
import { History } from "../members/history.tsx";
import { Lots } from "../members/lots.tsx";
import { useProgram } from "../program.tsx";
import { session } from "../session.ts";
import { day, instant, money, number, share } from "../text.ts";
import { type Asked, useAsked } from "../ui/ask.ts";
import { Dialog } from "../ui/dialog.tsx";
import { Answer, Badge, Card, Field, Figure, Figures, Head, Nothing, Table } from "../ui/parts.tsx";
import { Tabs } from "../ui/tabs.tsx";

type Member = Schemas["MemberAnswer"];

/** Where a member stands, as the service tells it of a program. */
interface Standing {
  readonly tier?: string;
  readonly spending?: string;
  readonly window?: string;
  readonly next_tier?: string | null;
  readonly next_threshold?: string | null;
  readonly missing?: string | null;
  readonly progress?: string;
  readonly held_since?: string | null;
  readonly held_through?: string | null;
  readonly given_until?: string | null;
}

export function MemberPage(): JSX.Element {
  const id = useRoute().params["id"] ?? "";
  const path = { user_id: id };
  const asked: Asked<Member> = useAsked(() => told(client.GET("/api/v1/members/{user_id}", { params: { path } })), [id]);
  const [asking, setAsking] = useState(false);
  const [times, setTimes] = useState(0);
  const isManager = session()?.roles.includes("manager") ?? false;
  const back = { href: "/admin/members", words: "Members" };
  if (asked.error instanceof Problem && asked.error.status === 404) {
    return <><Head title={id} back={back} /><div class="card"><Nothing>There is no member {id}. Nothing was ever posted for that id.</Nothing></div></>;
  }
  return (
    <>
      <Head title={id} back={back} acts={isManager && asked.value && <button type="button" class="button" onClick={() => setAsking(true)}>Adjust points</button>} />
      <Answer of={asked}>{(member) => (
        <div class="stack">
          <Summary member={member} />
          <Tabs label="The member" tabs={[
            { id: "money", words: "Cashback", content: () => <Cashback id={id} /> },
            { id: "lots", words: "Points by expiry", content: () => <Lots id={id} times={times} /> },
            { id: "history", words: "History", content: () => <History id={id} times={times} /> },
            { id: "facts", words: "What is known", content: () => <Facts member={member} /> },
          ]} />
        </div>
      )}</Answer>
      {asking && <Adjust id={id} onClose={() => setAsking(false)} onDone={() => { asked.again(); setTimes(times + 1); }} />}
    </>
  );
}

function Summary({ member }: { member: Member }): JSX.Element {
  const { program, currency } = useProgram();
  const here = member.programs.find((one) => one.points.program === program);
  if (!here) return <Nothing>Nothing of this program.</Nothing>;
  const { points } = here;
  const standing = here.standing as Standing;
  const tone = member.status === "active" ? "good" : "bad";
  return (
    <>
      <div class="row">
        <Badge tone={tone}>{member.status}</Badge>
        {member.forgotten && <Badge tone="warn">forgotten</Badge>}
      </div>
      <Figures>
        <Figure name="Points available" value={number(points.available)} about={Number(points.expiring_soon) > 0 ? `${number(points.expiring_soon)} expire within 30 days` : "none expires soon"} />
        <Figure name="Pending" value={number(points.pending)} about="not spendable yet" />
        <Figure name="Redeemed" value={number(points.redeemed)} about={`of ${number(points.earned)} earned`} />
        <Figure name="Expired" value={number(points.expired)} about={`${number(points.reversed)} taken back`} />
        <Figure name="Owed" value={number(points.debt)} about="by refunds of spent points" />
      </Figures>
      {standing.tier && (
        <section class="card card-body tier" aria-label="Tier">
          <div class="row between">
            <div><h2>{standing.tier}</h2><p class="muted">{money(standing.spending ?? "0", currency)} spent in {standing.window}{standing.held_through && `, held through ${day(standing.held_through)}`}{standing.given_until && `, given by hand until ${day(standing.given_until)}`}</p></div>
            {standing.next_tier && standing.missing && <p class="tier-next"><strong>{money(standing.missing, currency)}</strong> to {standing.next_tier}</p>}
          </div>
          {standing.next_threshold && (
            <div class="progress" role="progressbar" aria-label={`Progress to ${standing.next_tier}`} aria-valuemin={0} aria-valuemax={100} aria-valuenow={Math.round(share(standing.progress ?? "0", "1") * 100)}>
              <svg viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true"><rect width={share(standing.progress ?? "0", "1") * 100} height="4" /></svg>
            </div>
          )}
        </section>
      )}
    </>
  );
}

const size = 50;

/** Every purchase with what it brought; each can be opened as a waterfall. */
function Cashback({ id }: { id: string }): JSX.Element {
  const { program, currency } = useProgram();
  const [offset, setOffset] = useState(0);
  const [open, setOpen] = useState<string>();
  const query = { offset, limit: size };
  const asked = useAsked(() => told(client.GET("/api/v1/cashback/{user_id}/transactions", { params: { path: { user_id: id }, query } })), [id, offset]);
  const sums = useAsked(async () => (await told(client.GET("/api/v1/cashback/{user_id}/summary", { params: { path: { user_id: id } } }))).programs.find((one) => one.program === program), [id, program]);
  return (
    <div class="stack">
      <Answer of={sums}>{(sums) => sums ? (
        <p class="muted">
          <strong class="total">{money(sums.total, sums.currency)}</strong> in all: {sums.by_kind.map((kind) => `${kind.name} ${money(kind.amount, sums.currency)}`).join(", ")}
        </p>
      ) : null}</Answer>
      <Card title="Purchases and refunds" about="Open one to see how each amount came about, and why other rules brought nothing." flush>
        <Answer of={asked}>{({ items, total, total_is_estimate }) => items.length === 0 ? <Nothing>Nothing brought money yet. The history has every purchase.</Nothing> : (
          <>
            <Table label="Purchases and refunds">
              <thead><tr><th scope="col">Purchase</th><th scope="col">When</th><th scope="col">Rules</th><th scope="col" class="number">Amount</th><th scope="col" class="number">Cashback</th></tr></thead>
              <tbody>{grouped(items).flatMap((group) => {
                const isOpen = open === group.id;
                return [
                  <tr key={group.id}>
                    <th scope="row"><button type="button" class="place mono" aria-expanded={isOpen} onClick={() => setOpen(isOpen ? undefined : group.id)}>{group.id}</button><small>{group.category}</small></th>
                    <td class="nowrap">{instant(group.at)}</td>
                    <td>{group.lines.map((line) => line.rule_id).join(", ")}</td>
                    <td class="number">{money(group.amount, currency)}</td>
                    <td class="number">{group.lines.map((line) => <div key={line.id}>{money(line.amount, line.currency)}</div>)}</td>
                  </tr>,
                  isOpen && <tr key={`${group.id} open`} class="opened"><td colSpan={5}><Derivation id={group.id} /></td></tr>,
                ];
              })}</tbody>
            </Table>
            {total > size && (
              <nav class="pager row between" aria-label="Pages of purchases">
                <span class="muted">{number(offset + 1)}–{number(Math.min(total, offset + size))} of {number(total)}{total_is_estimate && " and more"} components</span>
                <span class="row">
                  <button type="button" class="button small" disabled={offset === 0} onClick={() => setOffset(Math.max(0, offset - size))}>Newer</button>
                  <button type="button" class="button small" disabled={offset + size >= total} onClick={() => setOffset(offset + size)}>Older</button>
                </span>
              </nav>
            )}
          </>
        )}</Answer>
      </Card>
    </div>
  );
}

type Line = Schemas["CashbackLine"];

function grouped(items: readonly Line[]): { id: string; at: string; amount: string; category: string; lines: Line[] }[] {
  const groups = new Map<string, { id: string; at: string; amount: string; category: string; lines: Line[] }>();
  for (const line of items) {
    const known = groups.get(line.transaction_id);
    // Newest first also within a purchase; its own order is the other way round.
    if (known) known.lines.unshift(line);
    else groups.set(line.transaction_id, { id: line.transaction_id, at: line.occurred_at, amount: line.transaction_amount, category: line.category ?? "", lines: [line] });
  }
  return [...groups.values()];
}

function Facts({ member }: { member: Member }): JSX.Element {
  const facts = Object.entries(member.member);
  return (
    <Card title="What others told" about="Purchases from now on are evaluated with it. Reading it stands in the log of access.">
      {facts.length === 0 ? <Nothing>{member.forgotten ? "What was personal is deleted." : "Nothing was told of this member."}</Nothing> : (
        <dl class="facts">{facts.map(([name, value]) => [<dt key={name} class="mono">{name}</dt>, <dd key={`${name} is`}>{typeof value === "string" ? value : JSON.stringify(value)}</dd>])}</dl>
      )}
    </Card>
  );
}

function Adjust({ id, onClose, onDone }: { id: string; onClose: () => void; onDone: () => void }): JSX.Element {
  const { program } = useProgram();
  // One dialog is one adjustment, however often it is sent.
  const [key] = useState(newKey);
  const adjust = async (form: FormData): Promise<void> => {
    const expires = String(form.get("expires_on") ?? "");
    const sign = form.get("way") === "take" ? "-" : "";
    const body = { user_id: id, program, points: `${sign}${String(form.get("points") ?? "").trim()}`, reason: String(form.get("reason") ?? "").trim(), ...(expires && !sign ? { expires_on: expires } : {}) };
    await told(client.POST("/api/v1/rewards/adjustments", { params: { header: { "Idempotency-Key": key } }, body }));
    onDone();
  };
  return (
    <Dialog title={`Adjust the points of ${id}`} about="It stands in the member’s history with the reason and your name. Many points wait for a second person." act="Adjust" onAct={adjust} onClose={onClose}>
      <fieldset class="ways">
        <legend class="unseen">Give or take</legend>
        <label class="check"><input type="radio" name="way" value="give" checked /> Give</label>
        <label class="check"><input type="radio" name="way" value="take" /> Take</label>
      </fieldset>
      <Field label="Points">{(field, about) => <input id={field} class="input" name="points" inputMode="decimal" pattern="[0-9]+([.][0-9]+)?" required aria-describedby={about} />}</Field>
      <Field label="Reason" about="The member’s history shows it.">{(field, about) => <textarea id={field} class="input" name="reason" required maxlength={500} aria-describedby={about} />}</Field>
      <Field label="Expires on" about="Last day of points that are given; left empty, as the program has it.">{(field, about) => <input id={field} class="input" type="date" name="expires_on" aria-describedby={about} />}</Field>
    </Dialog>
  );
}
