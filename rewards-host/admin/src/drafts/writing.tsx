// Writing rules: files beside the editor, what was found below, and the preview beside it where it was built in.
import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { mountPlain } from "../plain-editor.ts";
import { type EditorHandle, editor, type Finding, type Place as WrittenAt, type RuleFiles } from "../slots.ts";
import { Dialog } from "../ui/dialog.tsx";
import { Badge, Card, Field, Nothing } from "../ui/parts.tsx";
import { PreviewPane } from "./preview-pane.tsx";
import type { Draft, Examined, TestTold } from "./types.ts";

interface Props {
  readonly draft: Draft;
  readonly files: RuleFiles;
  readonly examined: Examined | undefined;
  readonly isReadOnly: boolean;
  onChange(files: RuleFiles): void;
}

/** Campaigns and tests are read after the program that they belong to. */
const inOrder = (files: RuleFiles): string[] => Object.keys(files).toSorted((a, b) => rank(a) - rank(b) || a.localeCompare(b));
const rank = (path: string): number => (path === "program.yaml" ? 0 : path.endsWith(".test.yaml") ? 3 : path.endsWith(".rhai") ? 2 : 1);

export function Writing({ draft, files, examined, isReadOnly, onChange }: Props): JSX.Element {
  const host = useRef<HTMLDivElement>(null);
  const handle = useRef<EditorHandle | undefined>(undefined);
  const latest = useRef(onChange);
  latest.current = onChange;
  const written = useRef(files);
  // What was written here comes back with the next drawing, and by then more may be written: it is nothing new.
  const own = useRef(new WeakSet<RuleFiles>());
  const [path, setPath] = useState(() => inOrder(files).find((path) => path !== "program.yaml") ?? "program.yaml");
  const [live, setLive] = useState<readonly Finding[]>();
  const [isAdding, setAdding] = useState(false);

  useEffect(() => {
    let isGone = false;
    const options = {
      path,
      readOnly: isReadOnly,
      onChange(next: RuleFiles) {
        written.current = next;
        own.current.add(next);
        latest.current(next);
      },
      onFindings: setLive,
    };
    void (async () => {
      const mount = (await editor().catch(() => undefined)) ?? mountPlain;
      if (isGone || !host.current) return;
      // Other files may have come while the editor was fetched, and while it was put in.
      const given = written.current;
      const mounted = await mount(host.current, { ...options, files: given });
      if (isGone) return mounted.destroy();
      handle.current = mounted;
      if (given !== written.current) mounted.setFiles(written.current);
    })();
    return () => {
      isGone = true;
      handle.current?.destroy();
      handle.current = undefined;
    };
  }, [isReadOnly]);

  // What came from the service, and was not written here, is shown.
  useEffect(() => {
    if (files === written.current || own.current.has(files)) return;
    written.current = files;
    handle.current?.setFiles(files);
  }, [files]);

  const show = (path: string, line?: number, column?: number): void => {
    setPath(path);
    handle.current?.show(path, line, column);
  };
  const replace = (next: RuleFiles): void => {
    written.current = next;
    handle.current?.setFiles(next);
    onChange(next);
  };
  const add = async (form: FormData): Promise<void> => {
    const name = String(form.get("path") ?? "").trim();
    if (name in files) throw new Error(`there is a file ${name} already`);
    replace({ ...files, [name]: "" });
    show(name);
  };
  const remove = (): void => {
    const { [path]: _, ...rest } = files;
    replace(rest);
    const next = inOrder(rest)[0];
    if (next) show(next);
  };

  const findings = live ?? examined?.findings ?? [];
  const count = (of: string): number => findings.filter((finding) => finding.place?.file === of).length;
  return (
    <div class="stack">
      <div class="writing">
        <section class="card" aria-label="Rules">
          <div class="files">
            <div class="chips" role="group" aria-label="Files">
              {inOrder(files).map((one) => (
                <button key={one} type="button" class="chip mono" aria-pressed={one === path} onClick={() => show(one)}>
                  {one}{count(one) > 0 && <span class="count bad" title={`${count(one)} found`}>{count(one)}</span>}
                </button>
              ))}
            </div>
            {!isReadOnly && (
              <div class="row">
                <button type="button" class="button small" onClick={() => setAdding(true)}>Add a file</button>
                <button type="button" class="button small bare" disabled={path === "program.yaml"} onClick={remove}>Remove {path}</button>
              </div>
            )}
          </div>
          <div ref={host} class="editor" />
        </section>
        {draft.id && <PreviewPane draft={draft} files={files} />}
      </div>
      {draft.id && <div class="columns">
        <Found findings={findings} isLive={live !== undefined} show={show} />
        <Tests tests={(examined?.tests ?? []) as TestTold[]} isRun={examined !== undefined && examined.tests.length > 0} show={show} />
      </div>}
      {isAdding && (
        <Dialog title="Add a file" act="Add" onAct={add} onClose={() => setAdding(false)}>
          <Field label="Name" about={<>Campaigns end in <code>.yaml</code>, tests in <code>.test.yaml</code>, functions in <code>.rhai</code>.</>}>
            {(id, about) => <input id={id} class="input mono" name="path" required pattern="[A-Za-z0-9_][A-Za-z0-9._/\-]*\.(yaml|rhai)" aria-describedby={about} placeholder="summer.yaml" />}
          </Field>
        </Dialog>
      )}
    </div>
  );
}

type Show = (path: string, line: number, column: number) => void;

function Place({ place, show }: { place: WrittenAt; show: Show }): JSX.Element {
  return <button type="button" class="place mono" onClick={() => show(place.file, place.line, place.column)}>{place.file}:{place.line}:{place.column}</button>;
}

function Found({ findings, isLive, show }: { findings: readonly Finding[]; isLive: boolean; show: Show }): JSX.Element {
  return (
    <Card title="Findings" about={isLive ? "While you write." : "Of the saved version."} flush>
      {findings.length === 0 ? <Nothing>Nothing was found.</Nothing> : (
        <ul class="findings">
          {findings.map((finding, at) => (
            <li key={at}>
              <div class="row"><Badge tone={finding.severity === "error" ? "bad" : "warn"}>{finding.severity} {finding.code}</Badge>{finding.place && <Place place={finding.place} show={show} />}</div>
              <p>{finding.message}</p>
              {finding.help && <p class="muted">{finding.help}</p>}
            </li>
          ))}
        </ul>
      )}
    </Card>
  );
}

function Tests({ tests, isRun, show }: { tests: readonly TestTold[]; isRun: boolean; show: Show }): JSX.Element {
  return (
    <Card title="Tests" about="The rules’ own, run by the service." flush>
      {!isRun ? <Nothing>No test was run. A file that ends in .test.yaml has some.</Nothing> : (
        <ul class="findings">
          {tests.toSorted((a, b) => Number(a.passed) - Number(b.passed)).map((test) => (
            <li key={test.name}>
              <div class="row"><Badge tone={test.passed ? "good" : "bad"}>{test.passed ? "passed" : "failed"}</Badge><Place place={test.place} show={show} /></div>
              <p>{test.name}</p>
              {test.failures.map((failure, at) => <p key={at} class="muted">{failure.event}: {failure.item} is <strong>{failure.actual}</strong>, expected <strong>{failure.expected}</strong></p>)}
            </li>
          ))}
        </ul>
      )}
    </Card>
  );
}
