// The text of one rule file: CodeMirror, with completion, hover, definitions and squiggles from the engine in the worker.
//
// It stands in a shadow root of its own, since CodeMirror brings its styles along and the page's policy takes none but in
// `adoptedStyleSheets`.
import { autocompletion, type CompletionContext, type CompletionResult, closeBrackets, closeBracketsKeymap, completionKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { yaml } from "@codemirror/lang-yaml";
import { bracketMatching, foldGutter, foldKeymap, HighlightStyle, indentOnInput, syntaxHighlighting } from "@codemirror/language";
import { type Diagnostic, lintGutter, lintKeymap, setDiagnostics } from "@codemirror/lint";
import { highlightSelectionMatches, searchKeymap } from "@codemirror/search";
import { Compartment, EditorState, Transaction } from "@codemirror/state";
import { drawSelection, EditorView, highlightActiveLine, hoverTooltip, keymap, lineNumbers, tooltips } from "@codemirror/view";
import { tags } from "@lezer/highlight";
import type { Completion as Entry, EditorFinding, Location } from "rewards-wasm";
import type { RemoteEditor } from "rewards-wasm/client";
import { markdown } from "./markdown.ts";

export interface CodeOptions {
  readonly path: string;
  readonly text: string;
  readonly readOnly: boolean;
  /** The engine's view of all files; it may still be starting. */
  readonly folder: Promise<RemoteEditor | undefined>;
  onChange(text: string): void;
  /** A definition in another file, or in this one. */
  onGo(location: Location): void;
}

const theme = EditorView.theme({
  "&": { height: "100%", fontSize: "0.9rem", color: "var(--text)", backgroundColor: "var(--surface)" },
  ".cm-scroller": { fontFamily: "var(--mono)", lineHeight: "1.55", minHeight: "26rem" },
  ".cm-content": { caretColor: "var(--text)", padding: "0.6rem 0" },
  ".cm-cursor": { borderLeftColor: "var(--text)" },
  "&.cm-focused": { outline: "2px solid var(--accent)", outlineOffset: "-2px" },
  ".cm-gutters": { backgroundColor: "var(--sunken)", color: "var(--muted)", border: "0" },
  ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: "color-mix(in oklab, var(--accent-soft), transparent 55%)" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": { backgroundColor: "color-mix(in oklab, var(--accent), transparent 72%) !important" },
  ".cm-matchingBracket": { backgroundColor: "var(--accent-soft)", outline: "1px solid var(--accent)" },
  ".cm-selectionMatch": { backgroundColor: "var(--info-soft)" },
  ".cm-tooltip": { backgroundColor: "var(--raised)", color: "var(--text)", border: "1px solid var(--line-strong)", borderRadius: "8px", boxShadow: "var(--shadow)", maxWidth: "32rem" },
  ".cm-tooltip .told, .cm-tooltip.cm-completionInfo": { padding: "0.5rem 0.75rem", font: "400 0.87rem/1.45 system-ui, sans-serif" },
  ".cm-tooltip .told p, .cm-tooltip .told ul": { margin: "0 0 0.4rem" },
  ".cm-tooltip .told code": { fontFamily: "var(--mono)", fontSize: "0.9em" },
  ".cm-tooltip.cm-tooltip-autocomplete > ul": { fontFamily: "var(--mono)", maxHeight: "16rem" },
  ".cm-tooltip.cm-tooltip-autocomplete > ul > li[aria-selected]": { backgroundColor: "var(--accent-ground)", color: "var(--on-accent)" },
  ".cm-completionDetail": { color: "var(--muted)", fontStyle: "normal" },
  "li[aria-selected] .cm-completionDetail": { color: "inherit" },
  ".cm-diagnostic": { padding: "0.4rem 0.7rem", font: "400 0.87rem/1.45 system-ui, sans-serif" },
  ".cm-diagnostic-error": { borderLeft: "4px solid var(--bad)" },
  ".cm-diagnostic-warning": { borderLeft: "4px solid var(--warn)" },
  ".cm-diagnosticSource": { opacity: "1", color: "var(--muted)" },
  ".cm-panels": { backgroundColor: "var(--sunken)", color: "var(--text)" },
  ".cm-panel input, .cm-panel button": { font: "inherit", color: "var(--text)", backgroundColor: "var(--raised)", backgroundImage: "none", border: "1px solid var(--line-strong)", borderRadius: "6px" },
  ".cm-lintRange-error": { backgroundImage: "none", textDecoration: "underline wavy var(--bad) 1.5px", textUnderlineOffset: "3px" },
  ".cm-lintRange-warning": { backgroundImage: "none", textDecoration: "underline wavy var(--warn) 1.5px", textUnderlineOffset: "3px" },
  ".cm-lintPoint": { position: "relative" },
});

const colours = HighlightStyle.define([
  { tag: [tags.propertyName, tags.definition(tags.propertyName)], color: "var(--accent)", fontWeight: "560" },
  { tag: [tags.string, tags.special(tags.string)], color: "var(--good)" },
  { tag: [tags.number, tags.bool, tags.null], color: "var(--info)" },
  { tag: tags.comment, color: "var(--muted)", fontStyle: "italic" },
  { tag: [tags.punctuation, tags.separator, tags.brace, tags.squareBracket], color: "var(--muted)" },
]);

/** The signs that CodeMirror has for kinds of entries. */
const signs: Record<Entry["kind"], string> = { value: "constant", fact: "variable", list: "enum", function: "function", name: "class", key: "property", word: "keyword" };

/** The editor of one file after another. */
export class Code {
  readonly #view: EditorView;
  readonly #options: CodeOptions;
  readonly #language = new Compartment();
  #path: string;
  /** Whether what changes now was not written by the user. */
  #isPutting = false;

  constructor(host: HTMLElement, options: CodeOptions) {
    this.#options = options;
    this.#path = options.path;
    const root = host.attachShadow({ mode: "open" });
    const parent = root.appendChild(document.createElement("div"));
    parent.style.height = "100%";
    this.#view = new EditorView({ parent, root, state: this.#state(options.text) });
  }

  #state(text: string): EditorState {
    const { readOnly } = this.#options;
    return EditorState.create({
      doc: text,
      extensions: [
        lineNumbers(), foldGutter(), lintGutter(), history(), drawSelection(), indentOnInput(), bracketMatching(), closeBrackets(),
        highlightActiveLine(), highlightSelectionMatches(), theme, syntaxHighlighting(colours),
        this.#language.of(this.#path.endsWith(".rhai") ? [] : yaml()),
        autocompletion({ override: [(context) => this.#complete(context)], icons: true }),
        hoverTooltip((view, at) => this.#hover(view, at)),
        // Within the editor: outside of its shadow root a tooltip would have no style.
        tooltips({ position: "fixed" }),
        keymap.of([
          { key: "F12", run: () => this.#go() },
          ...closeBracketsKeymap, ...defaultKeymap, ...searchKeymap, ...historyKeymap, ...foldKeymap, ...completionKeymap, ...lintKeymap,
        ]),
        EditorState.tabSize.of(2),
        EditorState.readOnly.of(readOnly),
        EditorView.editable.of(!readOnly),
        EditorView.contentAttributes.of({ "aria-label": `Text of ${this.#path}`, spellcheck: "false", autocapitalize: "off", tabindex: "0" }),
        EditorView.updateListener.of((update) => {
          if (update.docChanged && !this.#isPutting) this.#options.onChange(update.state.doc.toString());
        }),
      ],
    });
  }

  get path(): string {
    return this.#path;
  }

  /** Another file, without the history of this one. */
  open(path: string, text: string): void {
    this.#path = path;
    this.#view.setState(this.#state(text));
  }

  /** The same file with another text: only what differs is changed, and can be undone. */
  put(text: string): void {
    const old = this.#view.state.doc.toString();
    if (old === text) return;
    let from = 0;
    while (from < old.length && from < text.length && old[from] === text[from]) from += 1;
    let end = 0;
    while (end < old.length - from && end < text.length - from && old[old.length - 1 - end] === text[text.length - 1 - end]) end += 1;
    this.#isPutting = true;
    this.#view.dispatch({
      changes: { from, to: old.length - end, insert: text.slice(from, text.length - end) },
      annotations: Transaction.userEvent.of("input.form"),
    });
    this.#isPutting = false;
  }

  /** Puts the cursor at a place, counted from 1. */
  show(line: number, column: number): void {
    const { doc } = this.#view.state;
    const { from, to } = doc.line(Math.min(Math.max(line, 1), doc.lines));
    this.#select(Math.min(from + Math.max(column - 1, 0), to));
  }

  /** Selects a stretch of the file. */
  select(from: number, to: number): void {
    const { length } = this.#view.state.doc;
    this.#select(Math.min(from, length), Math.min(to, length));
  }

  #select(anchor: number, head = anchor): void {
    this.#view.dispatch({ selection: { anchor, head }, effects: EditorView.scrollIntoView(anchor, { y: "center" }) });
    this.#view.focus();
  }

  /** Underlines what was found in this file. */
  mark(findings: readonly EditorFinding[]): void {
    const { length } = this.#view.state.doc;
    const diagnostics = findings.flatMap(({ place, range, code, severity, message, help }): Diagnostic[] => {
      if (place?.file !== this.#path || !range) return [];
      const [from, to] = [Math.min(range.from, length), Math.min(range.to, length)];
      return [{ from, to, severity, source: code, message: help ? `${message}\n${help}` : message }];
    });
    this.#view.dispatch(setDiagnostics(this.#view.state, diagnostics));
  }

  focus(): void {
    this.#view.focus();
  }

  destroy(): void {
    this.#view.destroy();
  }

  /** The engine's folder with this file as it stands in the editor. */
  async #asked(state: EditorState): Promise<RemoteEditor | undefined> {
    const folder = await this.#options.folder;
    void folder?.set(this.#path, state.doc.toString());
    return folder;
  }

  async #complete(context: CompletionContext): Promise<CompletionResult | null> {
    const folder = await this.#asked(context.state);
    if (!folder || context.aborted) return null;
    const { from, to, list, more } = await folder.complete(this.#path, context.pos);
    // While nothing is written yet, a list comes only when it is asked for.
    if (list.length === 0 || (from === context.pos && !context.explicit)) return null;
    return {
      from,
      to,
      filter: false,
      ...(more ? {} : { update: () => null }),
      options: list.map((entry, at) => ({
        label: entry.label,
        apply: entry.insert,
        type: signs[entry.kind],
        boost: -at,
        ...(entry.detail === null ? {} : { detail: entry.detail }),
        ...(entry.documentation === null ? {} : { info: () => markdown(entry.documentation ?? "") }),
      })),
    };
  }

  async #hover(view: EditorView, at: number): Promise<{ pos: number; end: number; above: boolean; create(): { dom: HTMLElement } } | null> {
    const folder = await this.#asked(view.state);
    const hover = await folder?.hover(this.#path, at);
    if (!hover) return null;
    return { pos: hover.from, end: hover.to, above: true, create: () => ({ dom: markdown(hover.markdown) }) };
  }

  /** Goes to where the name at the cursor is defined. */
  #go(): boolean {
    const { state } = this.#view;
    void (async () => {
      const folder = await this.#asked(state);
      const [location] = (await folder?.definitions(this.#path, state.selection.main.head)) ?? [];
      if (location) this.#options.onGo(location);
    })();
    return true;
  }
}
