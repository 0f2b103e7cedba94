// Reading and changing single values of a YAML text, so that all else in it stays as it was written: comments, order,
// quotes, blank lines. A form writes through here, and the text remains the author's.
//
// Apart from the form because it knows nothing of campaigns. Values are texts, digit for digit.
import { isMap, isScalar, isSeq, type Document, type Node, type Pair, parseAllDocuments, Scalar, type YAMLMap, type YAMLSeq } from "yaml";

/** Keys of mappings and places in lists, from the top of the document. */
export type Path = readonly (string | number)[];

/** What stands at a place: a text, a list of texts, or something that a form does not show. */
export type Value = string | readonly string[] | undefined | { readonly other: true };

/** How a new text is written. */
export type Spelling = "plain" | "quoted" | "as needed";

export class YamlText {
  readonly text: string;
  readonly #document: Document | undefined;

  constructor(text: string) {
    this.text = text;
    // `failsafe`: each scalar is the text that was written, so that 20.00 does not become 20.
    const documents = parseAllDocuments(text, { schema: "failsafe", logLevel: "silent", uniqueKeys: false });
    this.#document = Array.isArray(documents) && documents.length === 1 ? documents[0] : undefined;
  }

  /** Whether it can be read, so that a form may write into it. */
  get isSound(): boolean {
    return this.#document !== undefined && this.#document.errors.length === 0 && isMap(this.#document.contents);
  }

  /** The keys of a mapping, in order. */
  keys(path: Path): string[] {
    const node = this.#node(path);
    return isMap(node) ? node.items.map((pair) => keyOf(pair)) : [];
  }

  /** How many entries a list has. */
  length(path: Path): number {
    const node = this.#node(path);
    return isSeq(node) ? node.items.length : 0;
  }

  value(path: Path): Value {
    const node = this.#node(path);
    if (node === undefined) return undefined;
    if (isScalar(node)) return String(node.value ?? "");
    if (isSeq(node) && node.items.every((item) => isScalar(item))) return node.items.map((item) => String((item as Scalar).value ?? ""));
    return { other: true };
  }

  /** The text with a value put in place of what stands there; `undefined` takes the key away. */
  with(path: Path, value: string | readonly string[] | undefined, spelling: Spelling = "as needed"): YamlText {
    if (!this.isSound) return this;
    if (value === undefined || (Array.isArray(value) && value.length === 0)) return this.#without(path);
    const node = this.#node(path);
    if (Array.isArray(value)) return isSeq(node) ? this.#withItems(node, value as readonly string[]) : this.#put(path, node, list(value as readonly string[]));
    const same = isScalar(node) && (node.type === Scalar.QUOTE_DOUBLE || node.type === Scalar.QUOTE_SINGLE) ? "quoted" : spelling;
    return this.#put(path, node, spelled(value as string, same, this.#isInBraces(path)));
  }

  /** Whether a place is within braces or brackets, where a plain text may have fewer signs. A mapping that is yet to come
   * will be written in braces. */
  #isInBraces(path: Path): boolean {
    for (let depth = 0; depth < path.length; depth += 1) {
      const node = this.#node(path.slice(0, depth));
      if (node === undefined || ((isMap(node) || isSeq(node)) && node.flow === true)) return true;
    }
    return false;
  }

  #node(path: Path): Node | undefined {
    let node = this.#document?.contents ?? undefined;
    for (const step of path) {
      if (isMap(node) && typeof step === "string") node = (pairOf(node, step)?.value ?? undefined) as typeof node;
      else if (isSeq(node) && typeof step === "number") node = node.items[step] as typeof node;
      else return undefined;
    }
    return (node ?? undefined) as Node | undefined;
  }

  #splice(from: number, to: number, insert: string): YamlText {
    return new YamlText(this.text.slice(0, from) + insert + this.text.slice(to));
  }

  #put(path: Path, node: Node | undefined, written: string): YamlText {
    if (node?.range && node.range[1] > node.range[0]) return this.#splice(node.range[0], node.range[1], written);
    const [parents, key] = [path.slice(0, -1), path.at(-1)];
    if (typeof key !== "string") return this;
    const parent = this.#node(parents);
    const pair = isMap(parent) ? pairOf(parent, key) : undefined;
    if (pair) return this.#splice(this.#afterColon(pair), this.#afterColon(pair), ` ${written}`);
    const entry = `${key}: ${written}`;
    if (!isMap(parent)) return parents.length === 0 ? this : this.#put(parents, undefined, `{${entry}}`);
    return parent.flow ? this.#addInBraces(parent, entry) : this.#addLine(parent, entry);
  }

  /** Behind the colon of a key that has no value yet. */
  #afterColon(pair: Pair): number {
    const key = pair.key as Node;
    return this.text.indexOf(":", key.range?.[1] ?? 0) + 1;
  }

  #addInBraces(map: YAMLMap, entry: string): YamlText {
    const end = (map.range?.[1] ?? 1) - 1;
    const last = map.items.at(-1);
    const at = last ? endOf(last) : end;
    return this.#splice(at, at, last ? `, ${entry}` : entry);
  }

  #addLine(map: YAMLMap, entry: string): YamlText {
    const last = map.items.at(-1);
    const first = (map.items[0]?.key as Node | undefined)?.range?.[0] ?? 0;
    const indent = " ".repeat(first - (this.text.lastIndexOf("\n", first - 1) + 1));
    const at = last ? lineEnd(this.text, endOf(last)) : this.text.length;
    const before = at > 0 && this.text[at - 1] !== "\n" ? "\n" : "";
    return this.#splice(at, at, `${before}${indent}${entry}\n`);
  }

  #without(path: Path): YamlText {
    const [parents, key] = [path.slice(0, -1), path.at(-1)];
    const parent = this.#node(parents);
    if (!isMap(parent) || typeof key !== "string") return this;
    const at = parent.items.findIndex((pair) => keyOf(pair) === key);
    const pair = parent.items[at];
    if (!pair) return this;
    // An empty mapping says nothing: it goes as well.
    if (parent.items.length === 1 && parents.length > 0 && typeof parents.at(-1) === "string") return this.#without(parents);
    const begin = (pair.key as Node).range?.[0] ?? 0;
    if (!parent.flow) {
      const from = this.text.lastIndexOf("\n", begin - 1) + 1;
      // The first key after `- ` shares its line with the dash.
      if (this.text.slice(from, begin).trim() !== "") {
        const next = parent.items[at + 1];
        const to = (next?.key as Node | undefined)?.range?.[0] ?? endOf(pair);
        return this.#splice(begin, to, "");
      }
      return this.#splice(from, lineEnd(this.text, endOf(pair)), "");
    }
    const [before, after] = [parent.items[at - 1], parent.items[at + 1]];
    if (before) return this.#splice(endOf(before), endOf(pair), "");
    const to = (after?.key as Node | undefined)?.range?.[0] ?? endOf(pair);
    return this.#splice(begin, to, "");
  }

  /** A list with other items: those that stay keep their places and comments. */
  #withItems(seq: YAMLSeq, items: readonly string[]): YamlText {
    if (seq.flow) return this.#splice(seq.range?.[0] ?? 0, seq.range?.[1] ?? 0, list(items));
    const [known, gone] = [new Set<string>(), [] as Node[]];
    for (const item of seq.items as Node[]) {
      const value = isScalar(item) ? String(item.value ?? "") : "";
      if (items.includes(value) && !known.has(value)) known.add(value);
      else gone.push(item);
    }
    const first = (seq.items[0] as Node).range?.[0] ?? 0;
    const start = this.text.lastIndexOf("\n", first - 1) + 1;
    const dash = this.text.slice(start, first);
    const end = lineEnd(this.text, (seq.items.at(-1) as Node).range?.[1] ?? 0);
    const added = items.filter((item) => !known.has(item)).map((item) => `${dash}${spelled(item, "as needed")}\n`);
    let text = this.text.slice(0, end) + (this.text[end - 1] === "\n" || added.length === 0 ? "" : "\n") + added.join("") + this.text.slice(end);
    for (const item of gone.reverse()) {
      const at = item.range?.[0] ?? 0;
      text = text.slice(0, text.lastIndexOf("\n", at - 1) + 1) + text.slice(lineEnd(text, item.range?.[1] ?? at));
    }
    return new YamlText(text);
  }
}

function keyOf(pair: Pair): string {
  return isScalar(pair.key) ? String(pair.key.value) : "";
}

function pairOf(map: YAMLMap, key: string): Pair | undefined {
  return (map.items as Pair[]).find((pair) => keyOf(pair) === key);
}

/** One past the last character of a pair, without a comment behind it. */
function endOf(pair: Pair): number {
  const node = (pair.value ?? pair.key) as Node;
  const end = node.range?.[1] ?? 0;
  return Math.max(end, (pair.key as Node).range?.[1] ?? 0);
}

/** One past the end of the line in which a character stands, or of the one before where it is a line's first. */
function lineEnd(text: string, at: number): number {
  // A block ends behind its last line break already.
  if (at > 0 && text[at - 1] === "\n") return at;
  const end = text.indexOf("\n", at);
  return end < 0 ? text.length : end + 1;
}

function list(items: readonly string[]): string {
  return `[${items.map((item) => spelled(item, "as needed")).join(", ")}]`;
}

/** A text as YAML, in quotes where it would be something else without. */
function spelled(value: string, spelling: Spelling, isInBraces = true): string {
  if (spelling === "plain" || (spelling === "as needed" && isPlain(value, isInBraces))) return value;
  return JSON.stringify(value);
}

/** Whether a text means itself without quotes. */
function isPlain(value: string, isInBraces: boolean): boolean {
  if (value === "" || value !== value.trim() || /[\n\r\t]/.test(value)) return false;
  if (/^[-?:,[\]{}#&*!|>'"%@`]/.test(value) || /: |:$| #/.test(value)) return false;
  if (isInBraces && /[,[\]{}]/.test(value)) return false;
  return !/^(~|null|true|false|yes|no|on|off)$/i.test(value);
}
