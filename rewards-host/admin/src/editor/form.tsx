// A campaign as a form. It shows what the text says, and writes into the text; it keeps nothing of its own.
import type { JSX } from "preact";
import { useId } from "../ui/id.ts";
import { type FieldSpec, type Section, sections } from "./fields.ts";
import type { Path, Spelling, Value, YamlText } from "./yaml-text.ts";

export interface FormProps {
  readonly yaml: YamlText;
  readonly readOnly: boolean;
  /** Levels of the program, for the choice of tiers. */
  readonly tiers: readonly string[];
  /** Which campaign of the file is shown. */
  readonly at: number;
  onPick(at: number): void;
  onWrite(path: Path, value: string | readonly string[] | undefined, spelling: Spelling): void;
}

/** Where the campaigns of a file stand: none in a program, a script or a test. */
export function campaignsOf(yaml: YamlText): readonly Path[] {
  if (!yaml.isSound) return [];
  const keys = yaml.keys([]);
  if (keys.includes("campaign")) return [[]];
  if (!keys.includes("campaigns")) return [];
  return Array.from({ length: yaml.length(["campaigns"]) }, (_, at) => ["campaigns", at]);
}

const textOf = (value: Value): string => (typeof value === "string" ? value : "");

export function CampaignForm({ yaml, readOnly, tiers, at, onPick, onWrite }: FormProps): JSX.Element {
  const campaigns = campaignsOf(yaml);
  const top = campaigns[at] ?? campaigns[0];
  if (!top) {
    return <p class="muted form-none">{yaml.isSound ? "This file has no campaign; its text is beside." : "The text cannot be read as it stands; the form comes back when it can."}</p>;
  }
  const type = textOf(yaml.value([...top, "type"]));
  const write = (field: FieldSpec, value: string | readonly string[] | undefined): void => onWrite([...top, ...field.path], value, field.spelling);
  return (
    <form class="campaign-form" aria-label="Campaign" onSubmit={(event) => event.preventDefault()}>
      {campaigns.length > 1 && (
        <label class="form-pick">
          <span>Campaign</span>
          <select class="input" value={String(at)} onChange={(event) => onPick(Number(event.currentTarget.value))}>
            {campaigns.map((path, index) => <option key={index} value={String(index)}>{textOf(yaml.value([...path, "name"])) || textOf(yaml.value([...path, "campaign"]))}</option>)}
          </select>
        </label>
      )}
      {sections(type).map((section) => <Part key={section.title} section={section} yaml={yaml} top={top} readOnly={readOnly} tiers={tiers} write={write} />)}
    </form>
  );
}

interface PartProps {
  readonly section: Section;
  readonly yaml: YamlText;
  readonly top: Path;
  readonly readOnly: boolean;
  readonly tiers: readonly string[];
  write(field: FieldSpec, value: string | readonly string[] | undefined): void;
}

function Part({ section, yaml, top, readOnly, tiers, write }: PartProps): JSX.Element {
  return (
    <fieldset disabled={readOnly}>
      <legend>{section.title}</legend>
      <div class="form-fields">
        {section.fields.map((field) => (
          <One key={field.path.join(".")} field={field} value={yaml.value([...top, ...field.path])} tiers={tiers} write={(value) => write(field, value)} />
        ))}
      </div>
    </fieldset>
  );
}

interface OneProps {
  readonly field: FieldSpec;
  readonly value: Value;
  readonly tiers: readonly string[];
  write(value: string | readonly string[] | undefined): void;
}

function One({ field, value, tiers, write }: OneProps): JSX.Element | null {
  const id = useId();
  const about = `${id}-about`;
  const options = field.names === "tiers" ? tiers.map((word) => ({ word, about: word })) : field.options;
  if (field.names === "tiers" && options.length === 0 && value === undefined) return null;
  if (typeof value === "object" && "other" in value) {
    return <div class="field"><span class="form-label">{field.label}</span><small>It is written in a way that only the text shows.</small></div>;
  }
  const put = (text: string): void => write(text === "" ? undefined : text);
  const shared = { id, "aria-describedby": about, title: field.about };
  const small = <small id={about} class="unseen">{field.about}</small>;
  if (field.kind === "several") {
    const chosen = Array.isArray(value) ? (value as readonly string[]) : [];
    const turn = (word: string): void => write(options.map((o) => o.word).filter((one) => (one === word ? !chosen.includes(word) : chosen.includes(one))));
    return (
      <div class="field form-wide" role="group" aria-labelledby={id} aria-describedby={about}>
        <span id={id} class="form-label">{field.label}</span>
        <div class="chips">
          {options.map(({ word, about: means }) => <button key={word} type="button" class="chip" title={means} aria-pressed={chosen.includes(word)} onClick={() => turn(word)}>{word}</button>)}
        </div>
        {small}
      </div>
    );
  }
  if (field.kind === "switch") {
    return (
      <div class="field">
        <label class="check"><input {...shared} type="checkbox" checked={value === "true"} onChange={(event) => write(event.currentTarget.checked ? "true" : undefined)} /><span>{field.label}</span></label>
        {small}
      </div>
    );
  }
  return (
    <div class={`field${field.kind === "expression" || field.kind === "names" ? " form-wide" : ""}`}>
      <label for={id}>{field.label}</label>
      {control(field, value, options, shared, put, write)}
      {small}
    </div>
  );
}

function control(
  field: FieldSpec,
  value: Value,
  options: FieldSpec["options"],
  shared: { id: string; "aria-describedby": string; title: string },
  put: (text: string) => void,
  write: (value: readonly string[]) => void,
): JSX.Element {
  const text = textOf(value);
  switch (field.kind) {
    case "choice":
      return (
        <select {...shared} class="input" value={text} onChange={(event) => put(event.currentTarget.value)}>
          <option value="">{field.path.at(-1) === "type" ? "Choose" : "—"}</option>
          {options.map(({ word, about }) => <option key={word} value={word} title={about}>{word.replaceAll("_", " ")}</option>)}
        </select>
      );
    case "date":
      // An instant with its offset is no date: it stays a text.
      return text === "" || /^\d{4}-\d{2}-\d{2}$/.test(text)
        ? <input {...shared} class="input" type="date" value={text} onChange={(event) => put(event.currentTarget.value)} />
        : <input {...shared} class="input mono" value={text} onInput={(event) => put(event.currentTarget.value)} />;
    case "time":
      return <input {...shared} class="input mono" value={text} placeholder={field.example} pattern="([01][0-9]|2[0-3]):[0-5][0-9]|24:00" size={6} onInput={(event) => put(event.currentTarget.value)} />;
    case "number":
      return <input {...shared} class="input mono" inputMode="decimal" autocomplete="off" value={text} placeholder={field.example} {...(field.pattern ? { pattern: field.pattern } : {})} onInput={(event) => put(event.currentTarget.value.trim())} />;
    case "names": {
      const list = Array.isArray(value) ? (value as readonly string[]).join(", ") : text;
      const names = (written: string): string[] => written.split(",").map((name) => name.trim()).filter((name) => name !== "");
      return <input {...shared} class="input mono" autocomplete="off" value={list} onChange={(event) => write(names(event.currentTarget.value))} />;
    }
    case "expression":
      return <textarea {...shared} class="input mono form-expression" rows={2} spellcheck={false} value={text} placeholder={field.example} onInput={(event) => put(event.currentTarget.value.replaceAll(/\s*\n\s*/g, " "))} />;
    default:
      return <input {...shared} class="input" autocomplete="off" value={text} placeholder={field.example} onInput={(event) => put(event.currentTarget.value)} />;
  }
}
