// Files that the tests read: the corpus as the engine's own tests wrote it, and rule packs.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../../..", import.meta.url));

/** The corpus with what the engine answers. */
export function corpus() {
  const file = join(root, "target/tmp/conformance.json");
  if (!existsSync(file)) {
    throw new Error(`${file} is not there: \`cargo test --package rewards-rules --test it for_hosts\` writes it`);
  }
  return JSON.parse(readFileSync(file, "utf8"));
}

/** The files of a rule pack, without its tests. */
export function pack(name) {
  const folder = join(root, "rules", name);
  const files = readdirSync(folder).filter((file) => /\.(yaml|rhai)$/.test(file) && !file.endsWith(".test.yaml"));
  return Object.fromEntries(files.map((file) => [file, readFileSync(join(folder, file), "utf8")]));
}

/** A table of the examples, CSV without quotes, as rows. */
export function table(path, most = Infinity) {
  const [head, ...lines] = readFileSync(join(root, path), "utf8").trimEnd().split("\n");
  const names = head.split(",");
  return lines.slice(0, most).map((line) => {
    const cells = line.split(",");
    return Object.fromEntries(names.flatMap((name, at) => (cells[at] ? [[name, cells[at]]] : [])));
  });
}
