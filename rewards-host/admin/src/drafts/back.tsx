// What was not saved of a draft and comes back: given back where the draft is as it was, asked about where it is another one.
import type { JSX } from "preact";
import type { Draft } from "./types.ts";
import { type Changed, kept, over } from "../unsaved.ts";

export interface Back {
  /** Given back; to be decided, since the draft was changed meanwhile; or of no use, since it cannot be changed any more. */
  readonly how: "given" | "asked" | "late";
  readonly changed: Changed;
  /** Who changed the draft meanwhile. */
  readonly others: readonly string[];
}

/** What somebody wrote in a draft and did not save, if anything. */
export function cameBack(draft: Draft, by: string): Back | undefined {
  const unsaved = kept(draft.id ?? "", by);
  if (!unsaved || JSON.stringify(over(draft.files, unsaved.changed)) === JSON.stringify(draft.files)) return undefined;
  // A draft that was submitted or approved has another number and the same files.
  const after = draft.audit.filter(({ action, detail }) => action === "changed" && Number((detail as { version?: number }).version) > unsaved.version);
  const others = [...new Set(after.map((line) => line.subject))];
  const isLate = draft.state === "published" || draft.state === "withdrawn";
  return { how: isLate ? "late" : others.length > 0 ? "asked" : "given", changed: unsaved.changed, others };
}

interface Props {
  readonly back: Back;
  readonly draft: Draft;
  readonly who: string;
  onMine(): void;
  onTheirs(): void;
}

export function BackNote({ back, draft, who, onMine, onTheirs }: Props): JSX.Element {
  const files = Object.keys(back.changed).join(", ");
  if (back.how === "given") {
    return (
      <div class="note" role="status">
        <strong>Your unsaved changes are back.</strong>
        <p>In {files}. They are not saved yet.</p>
        <p><button type="button" class="button small" onClick={onTheirs}>Drop what is not saved</button></p>
      </div>
    );
  }
  if (back.how === "asked") {
    return (
      <div class="note warn" role="alert">
        <strong>This draft was changed by {back.others.map((one) => (one === who ? "you, elsewhere" : one)).join(", ")} before you saved.</strong>
        <p>Below is version {draft.version}. What you wrote differs in {files}; to take it puts your text there and leaves the other files as they are. Neither saves anything.</p>
        <p class="row">
          <button type="button" class="button small" onClick={onMine}>Take mine</button>
          <button type="button" class="button small" onClick={onTheirs}>Take theirs</button>
        </p>
      </div>
    );
  }
  return (
    <div class="note warn" role="status">
      <strong>You had not saved all that you wrote, and this draft cannot be changed any more.</strong>
      {Object.entries(back.changed).map(([path, text]) => (
        <details key={path}><summary class="mono">{path}{text === null && ", removed"}</summary>{text !== null && <pre class="mono" tabIndex={0}>{text}</pre>}</details>
      ))}
      <p><button type="button" class="button small" onClick={onTheirs}>Drop it</button></p>
    </div>
  );
}
