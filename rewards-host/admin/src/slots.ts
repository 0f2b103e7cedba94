// Where the editor of rules and the preview in the browser are put in. Both are large (CodeMirror, the engine as
// WebAssembly), so each is one function behind a dynamic import, fetched when somebody opens a draft. While a folder is not
// there, `editor()` and `preview()` answer nothing, and the page uses a plain text field and the server alone.
//
// The policy of the page allows no style elements: an editor that makes some has to stand in a shadow root of its own
// (style-mod, and with it CodeMirror, then uses `adoptedStyleSheets`).

/** Path → text of all files of a rule set, its tests (`*.test.yaml`) among them. */
export type RuleFiles = Readonly<Record<string, string>>;

/** What the engine found, as `POST /rules/{id}/validate` has it. */
export interface Finding {
  readonly code: string;
  readonly severity: "error" | "warning";
  readonly message: string;
  readonly help?: string | null;
  /** Nothing where no file is to blame. */
  readonly place: Place | null;
}

/** Where something stands; lines and columns count from 1. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** A purchase for the preview, as the engine takes its three inputs: JSON with money as text. */
export interface SamplePurchase {
  readonly transaction: Readonly<Record<string, unknown>>;
  readonly member: Readonly<Record<string, unknown>>;
  /** What was used of counters before it, by key. */
  readonly usage: Readonly<Record<string, string>>;
}

export interface EditorOptions {
  readonly files: RuleFiles;
  /** The file that is shown first. */
  readonly path: string;
  readonly readOnly: boolean;
  /** After each change by the user, with all files. */
  onChange(files: RuleFiles): void;
  /** After each look of the engine in the browser at the files; not called by an editor without one. */
  onFindings?(findings: readonly Finding[]): void;
}

export interface EditorHandle {
  /** Replaces all files, as after a reload of the draft; `onChange` is not called. */
  setFiles(files: RuleFiles): void;
  /** Shows a file, and a place in it. */
  show(path: string, line?: number, column?: number): void;
  destroy(): void;
}

/** `src/editor/index.ts` exports `mountEditor`. */
export type MountEditor = (host: HTMLElement, options: EditorOptions) => EditorHandle | Promise<EditorHandle>;

export interface PreviewOptions {
  /** What is in force. */
  readonly old: RuleFiles;
  /** The draft as it is being written. */
  readonly new: RuleFiles;
  /** Real recent purchases, without names; empty where the user may not see them, or there are none. */
  readonly purchases: readonly SamplePurchase[];
}

export interface PreviewHandle {
  /** The draft changed; called at typing speed. */
  setNew(files: RuleFiles): void;
  setPurchases(purchases: readonly SamplePurchase[]): void;
  destroy(): void;
}

/** `src/preview/index.ts` exports `mountPreview`. */
export type MountPreview = (host: HTMLElement, options: PreviewOptions) => PreviewHandle | Promise<PreviewHandle>;

const editors = import.meta.glob<{ mountEditor: MountEditor }>("./editor/index.ts");
const previews = import.meta.glob<{ mountPreview: MountPreview }>("./preview/index.ts");

/** The editor, if it was built in. */
export async function editor(): Promise<MountEditor | undefined> {
  const [load] = Object.values(editors);
  return load && (await load()).mountEditor;
}

/** The preview, if it was built in. */
export async function preview(): Promise<MountPreview | undefined> {
  const [load] = Object.values(previews);
  return load && (await load()).mountPreview;
}
