// Makes ts/border.ts, the types of what crosses the engine's border, from docs/border.schema.json, and ts/told.ts, those
// of what simulations and comparisons tell, from docs/answers.schema.json. The engine prints both (`rewards schema --of
// all`, `--of answers`). With `--check`, compares instead of writing.
//
// Our own generator, because the schema uses few words and the types need two things that no general one knows: a
// decimal is never a JavaScript number, and the names of what holds one are needed at run time to refuse it.

import { readFileSync, writeFileSync } from "node:fs";

const here = new URL(".", import.meta.url);
const read = (name) => JSON.parse(readFileSync(new URL(`../../docs/${name}`, here), "utf8")).$defs;
const border = read("border.schema.json");
const answers = read("answers.schema.json");

// What is plain text or a number in JSON, and what a program should hold instead.
const plain = {
  Decimal: ["string | bigint", "A decimal number, digit for digit: a text, or a `bigint` where it is whole. A JavaScript number may have lost digits and is refused."],
  DecimalText: ["string", "A decimal number as text, with the decimals of its currency where it is money."],
  Whole: ["number | bigint | string", "A whole number."],
  Fact: ["string | number | bigint | boolean | null", "A value of a fact that the program declares. A number has to be whole; give any other as text."],
  Instant: ["string", "An instant with its offset or `Z` (RFC 3339): `2026-03-02T10:00:00-05:00`."],
  Date: ["string", "A local date: `2026-03-02`."],
  Id: ["string", "1 to 64 letters, digits, points, underscores, colons and hyphens."],
};
// `Date` is JavaScript's own.
const renamed = { Date: "LocalDate" };

const nameOf = (reference) => reference.slice(reference.lastIndexOf("/") + 1);
const typeName = (name) => renamed[name] ?? name;
const unknown = (of) => {
  throw new Error(`the generator of types does not know ${JSON.stringify(of)}`);
};

function type(of) {
  if (of.$ref) return typeName(nameOf(of.$ref));
  if (of.anyOf) return of.anyOf.map(type).join(" | ");
  if (of.enum) return of.enum.map((word) => JSON.stringify(word)).join(" | ");
  if (Array.isArray(of.type)) {
    return of.type.map((one) => type({ ...of, type: one })).join(" | ");
  }
  switch (of.type) {
    case "string": return "string";
    case "boolean": return "boolean";
    case "integer": return "number";
    case "null": return "null";
    case "array": {
      const item = type(of.items);
      return /[ |]/.test(item) ? `Array<${item}>` : `${item}[]`;
    }
    case "object": return `{ [name: string]: ${type(of.additionalProperties)} }`;
    default: return unknown(of);
  }
}

function comment(text, indent = "") {
  return text ? `${indent}/** ${text.replaceAll("*/", "*\u200b/")} */\n` : "";
}

function definition(name, of) {
  if (plain[name]) return `${comment(plain[name][1])}export type ${typeName(name)} = ${plain[name][0]};\n`;
  if (!of.properties) return `${comment(of.description)}export type ${typeName(name)} = ${type(of)};\n`;
  const required = new Set(of.required ?? []);
  let text = `${comment(of.description)}export interface ${typeName(name)} {\n`;
  for (const [key, value] of Object.entries(of.properties)) {
    text += comment(value.description, "  ");
    text += `  ${key}${required.has(key) ? "" : "?"}: ${type(value)};\n`;
  }
  if (of.additionalProperties) {
    // TypeScript wants the type of other keys to hold those of the known ones as well: here lists and mappings.
    const parts = Object.values(of.properties).flatMap((value) => type(value).split(" | "));
    const all = new Set([type(of.additionalProperties), ...parts.filter((part) => /[[{]/.test(part))]);
    text += comment("A fact that the program declares.", "  ");
    text += `  [fact: string]: ${[...all].join(" | ")} | undefined;\n`;
  }
  return `${text}}\n`;
}

const decimals = new Set();
for (const of of Object.values(border)) {
  for (const [key, value] of Object.entries(of.properties ?? {})) {
    const all = [value, ...(value.anyOf ?? [])];
    if (all.some((one) => one.$ref && nameOf(one.$ref) === "Decimal")) decimals.add(key);
  }
}
const definitions = (of, names) => names.map((name) => definition(name, of[name])).join("\n");
const ofBoth = Object.keys(answers).filter((name) => name in border);

const files = {
  "border.ts": `// Made by types.mjs from docs/border.schema.json; \`npm run types\` makes it anew.

${definitions(border, Object.keys(border))}
/** Keys of inputs where a decimal is due, and so never a JavaScript number. */
export const DECIMAL_KEYS: ReadonlySet<string> = new Set(${JSON.stringify([...decimals].sort())});
`,
  "told.ts": `// Made by types.mjs from docs/answers.schema.json; \`npm run types\` makes it anew.

import type { ${ofBoth.map(typeName).join(", ")} } from "./border.js";

${definitions(answers, Object.keys(answers).filter((name) => !(name in border)))}`,
};

for (const [name, text] of Object.entries(files)) {
  const target = new URL(`ts/${name}`, here);
  if (!process.argv.includes("--check")) {
    writeFileSync(target, text);
    continue;
  }
  let found = "";
  try {
    found = readFileSync(target, "utf8");
  } catch {
    // There is none: it differs.
  }
  if (found !== text) {
    console.error(`bindings/wasm/ts/${name} is not what the schemas in docs/ say: run \`npm run types\` in bindings/wasm`);
    process.exitCode = 1;
  }
}
