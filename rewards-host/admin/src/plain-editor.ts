// The editor where CodeMirror was not built in: a text field that keeps its files. It is also what the real one has to do.
import type { EditorHandle, EditorOptions, RuleFiles } from "./slots.ts";

export function mountPlain(host: HTMLElement, options: EditorOptions): EditorHandle {
  let files: RuleFiles = options.files;
  let path = options.path;
  const field = document.createElement("textarea");
  field.className = "input mono plain-editor";
  field.spellcheck = false;
  field.readOnly = options.readOnly;
  const fill = (): void => {
    field.value = files[path] ?? "";
    field.setAttribute("aria-label", path);
  };
  const change = (): void => {
    files = { ...files, [path]: field.value };
    options.onChange(files);
  };
  field.addEventListener("input", change);
  fill();
  host.append(field);
  return {
    setFiles(next) {
      files = next;
      // The caret stays where it is while nothing of this file changed.
      if (field.value !== (files[path] ?? "")) fill();
    },
    show(next, line, column) {
      path = next;
      fill();
      if (line === undefined) return;
      const before = field.value.split("\n").slice(0, line - 1);
      const at = before.reduce((sum, text) => sum + text.length + 1, 0) + (column ?? 1) - 1;
      field.focus();
      field.setSelectionRange(at, at);
      const height = parseFloat(getComputedStyle(field).lineHeight);
      field.scrollTop = Math.max(0, (line - 5) * height);
    },
    destroy() {
      field.remove();
    },
  };
}
