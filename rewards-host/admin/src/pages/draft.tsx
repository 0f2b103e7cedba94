// A draft, on its way to be law: written, checked, tried on the purchases of the last weeks, approved by somebody else,
// published.
import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { useLocation, useRoute } from "preact-iso";
import { client, Problem, told } from "../api/client.ts";
import { DraftBadge } from "../campaigns.tsx";
import { Audit } from "../drafts/audit.tsx";
import { type Back, BackNote, cameBack } from "../drafts/back.tsx";
import { Changes } from "../drafts/changes.tsx";
import { Gate, type Steps, Untried } from "../drafts/gate.tsx";
import { Impact, type ImpactAnswer } from "../drafts/impact.tsx";
import { type Draft, type Examined, errors, failed } from "../drafts/types.ts";
import { Writing } from "../drafts/writing.tsx";
import { isLeaving, session } from "../session.ts";
import type { RuleFiles } from "../slots.ts";
import { away } from "../text.ts";
import { useAct, useAsked } from "../ui/ask.ts";
import { Dialog } from "../ui/dialog.tsx";
import { useId } from "../ui/id.ts";
import { Answer, Field, Head, Trouble } from "../ui/parts.tsx";
import { Tabs } from "../ui/tabs.tsx";
import { drop, keep, over } from "../unsaved.ts";

export function DraftPage(): JSX.Element {
  const { params } = useRoute();
  const id = params["id"] ?? "";
  const asked = useAsked(async () => (await told(client.GET("/api/v1/rules/{rule_set}", { params: { path: { rule_set: id } } }))) as Draft, [id]);
  return (
    <Answer of={asked}>{(draft) => draft.id
      ? <Open key={id} id={id} first={draft} />
      : <Published rules={draft} />}
    </Answer>
  );
}

/** Files that were published: they never change. */
function Published({ rules }: { rules: Draft }): JSX.Element {
  return (
    <>
      <Head title="Published rules" back={{ href: "/admin/rules", words: "Rules" }}><span class="mono">{rules.rule_set}</span></Head>
      <Writing draft={rules} files={rules.files} examined={undefined} isReadOnly onChange={() => undefined} />
    </>
  );
}

const isOver = (draft: Draft): boolean => draft.state === "published" || draft.state === "withdrawn";

function Open({ id, first }: { id: string; first: Draft }): JSX.Element {
  const [draft, setDraft] = useState(first);
  const who = session()?.subject ?? "";
  const [back, setBack] = useState<Back | undefined>(() => cameBack(first, who));
  const [files, setFiles] = useState<RuleFiles>(() => (back?.how === "given" ? over(first.files, back.changed) : first.files));
  const [examined, setExamined] = useState<Examined>();
  const [impact, setImpact] = useState<ImpactAnswer>();
  const [asking, setAsking] = useState<"publish" | "withdraw">();
  const [waived, setWaived] = useState<{ readonly version: number | null | undefined; readonly why: string }>();
  const [tab, setTab] = useState<{ readonly id: string }>();
  const act = useAct();
  const looking = useAct();
  const { route } = useLocation();
  const isChanged = files !== draft.files && JSON.stringify(files) !== JSON.stringify(draft.files);
  const path = { rule_set: id };
  const match = { "If-Match": `"${draft.version ?? ""}"` };

  const examine = (): Promise<void> => looking.run(async () => {
    setExamined(await told(client.POST("/api/v1/rules/{rule_set}/validate", { params: { path } })));
  });
  useEffect(() => void examine(), [draft.version]);

  const save = async (): Promise<Draft> => {
    const saved = (await told(client.PUT("/api/v1/rules/{rule_set}", { params: { path, header: match }, body: { files, withdraw: false } }))) as Draft;
    setDraft(saved);
    setFiles(saved.files);
    setBack(undefined);
    setImpact(undefined);
    return saved;
  };
  const submit = async (): Promise<void> => {
    const { version } = isChanged ? await save() : draft;
    const headers = { "If-Match": `"${version ?? ""}"` };
    try {
      setDraft((await told(client.POST("/api/v1/rules/{rule_set}/submit", { params: { path }, headers }))) as Draft);
    } catch (error) {
      if (error instanceof Problem && error.code === "findings_present") await examine();
      throw error;
    }
  };
  const approve = async (): Promise<void> => {
    const body = isUntried && isWaived ? { without_trial: why } : {};
    setDraft((await told(client.POST("/api/v1/rules/{rule_set}/approve", { params: { path }, headers: match, body }))) as Draft);
  };
  const withdraw = async (): Promise<void> => {
    const gone = (await told(client.PUT("/api/v1/rules/{rule_set}", { params: { path, header: match }, body: { withdraw: true } }))) as Draft;
    setDraft(gone);
    setFiles(gone.files);
    setBack(undefined);
  };
  const publish = async (form: FormData): Promise<void> => {
    const at = String(form.get("from") ?? "");
    const body = {
      ...(at ? { from: new Date(at).toISOString() } : {}),
      accept_incomplete_counters: form.get("accept") === "on",
    };
    await told(client.POST("/api/v1/rules/{rule_set}/publish", { params: { path }, headers: match, body }));
    setDraft((await told(client.GET("/api/v1/rules/{rule_set}", { params: { path } }))) as Draft);
  };
  const reload = async (): Promise<void> => {
    const now = (await told(client.GET("/api/v1/rules/{rule_set}", { params: { path } }))) as Draft;
    setDraft(now);
    setFiles(now.files);
    setBack(undefined);
    setImpact(undefined);
  };

  // What was written and not saved is not lost by a slip: it is kept in the tab while it is being written, and left alone
  // there until somebody said which version to take.
  const isAsked = back !== undefined && back.how !== "given";
  const keepNow = useRef<() => boolean>(() => true);
  keepNow.current = () => {
    const by = session()?.subject;
    if (!isChanged || isAsked) return true;
    return by !== undefined && keep(id, { version: draft.version ?? 0, by, saved: draft.files, files });
  };
  const unsaved = useRef(false);
  unsaved.current = isChanged;
  useEffect(() => {
    if (isAsked) return;
    if (!isChanged) return drop(id);
    const soon = setTimeout(() => keepNow.current(), 300);
    return () => clearTimeout(soon);
  }, [files, draft, isAsked]);
  useEffect(() => {
    const stay = (event: BeforeUnloadEvent): void => {
      const isKept = keepNow.current();
      if (unsaved.current && !(isKept && isLeaving())) event.preventDefault();
    };
    addEventListener("beforeunload", stay);
    return () => {
      removeEventListener("beforeunload", stay);
      keepNow.current();
    };
  }, []);
  const take = (files: RuleFiles, next: Back | undefined): void => {
    setFiles(files);
    setBack(next);
    // The button that was pressed is gone.
    document.querySelector<HTMLElement>("h1")?.focus();
  };

  const tookPart = who === draft.author || who === draft.submitted_by || draft.audit.some((line) => line.action === "changed" && line.subject === who);
  // What was said of one version says nothing of the next.
  const said = waived?.version === draft.version ? waived?.why ?? "" : "";
  const why = said.trim();
  const isWaived = why !== "";
  const isUntried = draft.state === "in_review" && !tookPart && !impact && draft.trial?.result === "missing";
  const untried = useId();
  const steps: Steps = { draft, examined, impact, isChanged, isLooking: looking.isUnderWay, tookPart, isWaived };
  const isFasterElsewhere = act.error instanceof Problem && act.error.status === 412;
  const run = (what: () => Promise<unknown>): Promise<void> => act.run(async () => void (await what()));
  return (
    <>
      <Head title={draft.note || "Draft"} back={{ href: "/admin/rules", words: "Rules" }} acts={
        <>
          {!isOver(draft) && <button type="button" class="button bare" onClick={() => setAsking("withdraw")}>Withdraw</button>}
          {!isOver(draft) && <button type="button" class={isChanged ? "button main-act" : "button"} disabled={!isChanged || act.isUnderWay} onClick={() => run(save)}>Save</button>}
          {draft.state === "draft" && <button type="button" class={isChanged ? "button" : "button main-act"} disabled={act.isUnderWay} onClick={() => run(submit)}>{isChanged ? "Save and submit" : "Submit for review"}</button>}
          {draft.state === "in_review" && <button type="button" class="button main-act" disabled={act.isUnderWay || tookPart || (isUntried && !isWaived)} aria-describedby={isUntried ? untried : undefined} onClick={() => run(approve)}>Approve</button>}
          {draft.state === "approved" && <button type="button" class="button main-act" disabled={act.isUnderWay} onClick={() => setAsking("publish")}>Publish</button>}
        </>
      }>
        {draft.state && <DraftBadge state={draft.state} />} version {draft.version} · begun by {draft.author} {draft.created_at && away(draft.created_at)}
      </Head>
      <div class="stack">
        {act.error !== undefined && !isFasterElsewhere && <Trouble error={act.error} />}
        {isFasterElsewhere && (
          <div class="note warn" role="alert">
            <strong>Somebody else changed this draft meanwhile.</strong>
            <p>What you wrote is still here; reloading puts their version in its place.</p>
            <p><button type="button" class="button small" onClick={() => act.run(reload)}>Reload their version</button></p>
          </div>
        )}
        {back && <BackNote back={back} draft={draft} who={who} onMine={() => take(over(draft.files, back.changed), { ...back, how: "given" })} onTheirs={() => take(draft.files, undefined)} />}
        <Gate {...steps} />
        {isUntried && <Untried id={untried} why={said} onTry={() => setTab({ id: "impact" })} onWhy={(why) => setWaived({ version: draft.version, why })} />}
        <Tabs label="The draft" asked={tab} tabs={[
          { id: "write", words: <>Rules {examined && errors(examined) + failed(examined) > 0 && <span class="count bad">{errors(examined) + failed(examined)}</span>}</>, isKept: true, content: () => <Writing draft={draft} files={files} examined={examined} isReadOnly={isOver(draft) || isAsked} onChange={setFiles} /> },
          { id: "changes", words: "Changes", content: () => <div class="card card-body">{isChanged && <p class="muted">Of the saved version.</p>}<Changes of={id} version={draft.version ?? 0} /></div> },
          { id: "impact", words: "Last 30 days", isKept: true, content: () => <Impact of={id} version={draft.version ?? 0} answer={impact} onAnswer={setImpact} /> },
          { id: "audit", words: "Who did what", content: () => <Audit lines={draft.audit} /> },
        ]} />
      </div>
      {asking === "withdraw" && (
        <Dialog title="Withdraw this draft" about="It stays in the list of what was written, and cannot be changed any more." act="Withdraw" isGrave onAct={withdraw} onClose={() => setAsking(undefined)} />
      )}
      {asking === "publish" && (
        <Dialog title="Publish" about="Purchases follow these rules by when they happen, from this instant on." act="Publish" onAct={publish} onClose={() => { setAsking(undefined); if (isOver(draft)) route("/admin/rules#publications"); }}>
          <Field label="From" about="Your local time. Left empty: in about three seconds.">
            {(field, about) => <input id={field} class="input" type="datetime-local" name="from" aria-describedby={about} />}
          </Field>
          <label class="check"><input type="checkbox" name="accept" /><span>Publish even where a new limit would not count what was bought before. <span class="muted">The audit says which.</span></span></label>
        </Dialog>
      )}
    </>
  );
}
