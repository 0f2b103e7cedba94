// The editor of rules: a campaign as a form and all files as text, side by side and kept in step. What is typed is looked at
// by the engine in the browser as it is typed.
//
// `mountEditor(host, options)` is all that the rest of the page uses (`src/slots.ts` has its types). What belongs together:
// `yaml-text.ts` changes single values of a text, `fields.ts` and `form.tsx` are the form, `code.ts` the text, `engine.ts` the
// worker that both this and the preview ask.
import { h, render } from "preact";
import type { RemoteEditor } from "rewards-wasm/client";
import type { EditorFinding } from "rewards-wasm";
import type { EditorHandle, EditorOptions, RuleFiles } from "../slots.ts";
import { Code } from "./code.ts";
import "./editor.css";
import { engine, newest } from "./engine.ts";
import { CampaignForm, campaignsOf } from "./form.tsx";
import { YamlText } from "./yaml-text.ts";

/** Mounts the editor into an element of the page. */
export function mountEditor(host: HTMLElement, options: EditorOptions): EditorHandle {
  let files: RuleFiles = options.files;
  let path = options.path;
  let yaml = new YamlText(files[path] ?? "");
  let campaign = 0;
  let tiers: readonly string[] = [];
  let found: readonly EditorFinding[] = [];
  let isGone = false;

  const root = host.appendChild(document.createElement("div"));
  root.className = "rule-editor";
  const panes = root.appendChild(document.createElement("div"));
  panes.className = "rule-editor-panes";
  const formPane = panes.appendChild(document.createElement("div"));
  formPane.className = "form-pane";
  const codePane = panes.appendChild(document.createElement("div"));
  codePane.className = "code-pane";
  const state = root.appendChild(document.createElement("p"));
  state.className = "editor-state";
  state.setAttribute("role", "status");
  state.textContent = "The engine is being loaded.";

  const folder: Promise<RemoteEditor | undefined> = engine()
    .then((worker) => worker.editor({ ...files }))
    .catch((error: unknown) => {
      state.textContent = `Without help while writing: ${error instanceof Error ? error.message : String(error)}`;
      return undefined;
    });

  const look = newest(async (all: RuleFiles) => {
    const helped = await folder;
    if (!helped || isGone) return;
    const worker = await engine();
    const { rules, findings } = await worker.check({ ...all });
    if (rules) {
      const changed = rules.levels.join() !== tiers.join();
      tiers = rules.levels;
      void rules.free();
      if (changed) draw();
    }
    if (isGone) return;
    found = findings;
    code.mark(findings);
    const errors = findings.filter((finding) => finding.severity === "error").length;
    const warnings = findings.length - errors;
    const count = (n: number, word: string): string => (n === 0 ? "" : `${n} ${word}${n === 1 ? "" : "s"}`);
    state.textContent = [count(errors, "error"), count(warnings, "warning")].filter((text) => text !== "").join(", ") || "The engine finds nothing wrong.";
    options.onFindings?.(findings);
  });

  const draw = (): void => {
    const campaigns = campaignsOf(yaml);
    // A file that never has a campaign needs no form; one that is being typed keeps its place.
    const hasForm = campaigns.length > 0 || (!yaml.isSound && formPane.childElementCount > 0);
    formPane.hidden = !hasForm;
    panes.classList.toggle("code-alone", !hasForm);
    campaign = Math.min(campaign, Math.max(campaigns.length - 1, 0));
    const props = {
      yaml,
      readOnly: options.readOnly,
      tiers,
      at: campaign,
      onPick(at: number) {
        campaign = at;
        draw();
      },
      onWrite(...change: Parameters<YamlText["with"]>) {
        const text = yaml.with(...change).text;
        code.put(text);
        written(text);
      },
    };
    render(hasForm ? h(CampaignForm, props) : null, formPane);
  };

  const written = (text: string): void => {
    files = { ...files, [path]: text };
    yaml = new YamlText(text);
    draw();
    options.onChange(files);
    look(files);
  };

  const open = (next: string): void => {
    path = next;
    yaml = new YamlText(files[path] ?? "");
    campaign = 0;
    code.open(path, yaml.text);
    code.mark(found);
    render(null, formPane);
    draw();
  };

  const code = new Code(codePane, {
    path,
    text: yaml.text,
    readOnly: options.readOnly,
    folder,
    onChange: written,
    onGo(location) {
      if (location.path !== path) open(location.path);
      code.select(location.from, location.to);
    },
  });
  draw();
  look(files);

  return {
    setFiles(next) {
      const old = files;
      files = next;
      void folder.then((helped) => {
        if (!helped) return;
        for (const name of Object.keys(old)) if (!(name in next)) void helped.remove(name);
        for (const [name, text] of Object.entries(next)) if (old[name] !== text) void helped.set(name, text);
      });
      yaml = new YamlText(files[path] ?? "");
      code.put(yaml.text);
      draw();
      look(files);
    },
    show(next, line, column) {
      if (next !== path) open(next);
      if (line !== undefined) code.show(line, column ?? 1);
    },
    destroy() {
      isGone = true;
      code.destroy();
      render(null, formPane);
      root.remove();
      void folder.then((helped) => helped?.free());
    },
  };
}
