// Drafts and publications of a program. A publication never changes: going back puts earlier rules in force again, from now on.
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { useLocation } from "preact-iso";
import { client, told } from "../api/client.ts";
import type { RulesItem } from "../campaigns.tsx";
import { Changes } from "../drafts/changes.tsx";
import { useProgram } from "../program.tsx";
import { away, hash, instant } from "../text.ts";
import { type Asked, useAsked } from "../ui/ask.ts";
import { Dialog } from "../ui/dialog.tsx";
import { Answer, Badge, Card, Field, Head, Nothing } from "../ui/parts.tsx";
import { Drafts } from "./campaigns.tsx";

export function Rules(): JSX.Element {
  const { program } = useProgram();
  const { query, route } = useLocation();
  const [isBeginning, setBeginning] = useState("new" in query);
  const begin = async (form: FormData): Promise<void> => {
    const body = { program, note: String(form.get("note") ?? "").trim() };
    const draft = await told(client.POST("/api/v1/rules", { body }));
    route(`/admin/rules/${draft.id}`);
  };
  return (
    <>
      <Head title="Rules" acts={<button type="button" class="button main-act" onClick={() => setBeginning(true)}>New draft</button>}>
        What is being written, and everything that was ever in force.
      </Head>
      <div class="stack">
        <Drafts />
        <Publications />
      </div>
      {isBeginning && (
        <Dialog title="New draft" about="It begins as a copy of the rules in force." act="Begin" onAct={begin} onClose={() => setBeginning(false)}>
          <Field label="What it is for" about="Who approves it reads this first.">
            {(id, about) => <input id={id} class="input" name="note" required maxlength={200} aria-describedby={about} placeholder="Weekend dining pays 2.5 %" />}
          </Field>
        </Dialog>
      )}
    </>
  );
}

function Publications(): JSX.Element {
  const { program } = useProgram();
  const [pages, setPages] = useState(1);
  const asked = useAsked(async () => {
    const items: RulesItem[] = [];
    let cursor: string | undefined;
    for (let page = 0; page < pages; page += 1) {
      const query = { program, kind: "publications" as const, limit: 50, ...(cursor ? { cursor } : {}) };
      const answer = await told(client.GET("/api/v1/rules", { params: { query } }));
      items.push(...answer.items);
      cursor = answer.next_cursor ?? undefined;
      if (!cursor) break;
    }
    return { items: items.toSorted((a, b) => (b.in_force_from ?? "").localeCompare(a.in_force_from ?? "")), isMore: cursor !== undefined };
  }, [program, pages]);
  return (
    <Card title="Publications" about="Newest first. Purchases follow what was in force when they happened." flush>
      <Answer of={asked}>{({ items, isMore }) => items.length === 0 ? <Nothing>Nothing was published yet.</Nothing> : (
        <>
          <ol class="timeline" id="publications">
            {items.map((item, at) => <Publication key={item.id} item={item} before={items[at + 1]} isInForce={item === inForce(items)} current={inForce(items)} asked={asked} />)}
          </ol>
          {isMore && <p class="nothing"><button type="button" class="button" onClick={() => setPages(pages + 1)}>Show earlier ones</button></p>}
        </>
      )}</Answer>
    </Card>
  );
}

/** Of publications, newest first, the one that holds now. */
function inForce(items: readonly RulesItem[]): RulesItem | undefined {
  const now = Date.now();
  return items.find((item) => new Date(item.in_force_from ?? 0).getTime() <= now);
}

function Publication(props: { item: RulesItem; before: RulesItem | undefined; isInForce: boolean; current: RulesItem | undefined; asked: Asked<unknown> }): JSX.Element {
  const { item, before, isInForce, current } = props;
  const [isOpen, setOpen] = useState(false);
  const [isGoingBack, setGoingBack] = useState(false);
  const from = item.in_force_from ?? item.created_at;
  const isToCome = new Date(from).getTime() > Date.now();
  const isFirst = new Date(from).getTime() <= 0;
  const goBack = async (): Promise<void> => {
    const path = { rule_set: item.rule_set ?? "" };
    await told(client.POST("/api/v1/rules/{rule_set}/roll-back", { params: { path }, body: { note: `back to: ${item.note}` } }));
    props.asked.again();
  };
  const canGoBack = !isToCome && item.rule_set !== current?.rule_set;
  return (
    <li class={isInForce ? "in-force" : undefined}>
      <div class="row between">
        <div>
          <strong>{item.note || "Without a note"}</strong>{" "}
          {isInForce && <Badge tone="good">in force</Badge>}{isToCome && <Badge tone="info">to come</Badge>}
          <p class="muted">
            {isFirst ? "from ever on" : <time dateTime={from} title={away(from)}>{instant(from)}</time>} · {item.author}
            {item.approved_by && `, approved by ${item.approved_by}`} · {item.rule_set && <a class="mono" href={`/admin/rules/${item.rule_set}`}>{hash(item.rule_set)}</a>}
          </p>
        </div>
        <div class="row">
          <button type="button" class="button small" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>{isOpen ? "Hide changes" : "Changes"}</button>
          {canGoBack && <button type="button" class="button small" onClick={() => setGoingBack(true)}>Roll back to this</button>}
        </div>
      </div>
      {isOpen && item.rule_set && (before?.rule_set
        ? <Changes of={item.rule_set} against={before.rule_set} />
        : <Nothing>It is the first one.</Nothing>)}
      {isGoingBack && (
        <Dialog title="Roll back" act="Put in force again" onAct={goBack} onClose={() => setGoingBack(false)} about={
          <>These rules take force again in about three seconds. What was bought in between stays as it was. They were approved before, so nobody has to approve them again.</>
        }>
          {item.rule_set && current?.rule_set && <Changes of={item.rule_set} against={current.rule_set} />}
        </Dialog>
      )}
    </li>
  );
}
