// Purchases to look at beside recent ones: those of the rules' own tests, each with what its test gives.
import { isMap, isScalar, isSeq, type Node, parseAllDocuments, Scalar } from "yaml";
import type { RuleFiles, SamplePurchase } from "../slots.ts";

/** A purchase of the preview: where it comes from, and what its test is called. */
export interface Shown extends SamplePurchase {
  readonly from: "recent" | "test";
  readonly name?: string;
}

type Plain = string | boolean | null | readonly Plain[] | { readonly [key: string]: Plain };

/** YAML as JSON with every number as it was written. */
function plain(node: Node | null | undefined): Plain {
  if (isMap(node)) return Object.fromEntries(node.items.map((pair) => [String((pair.key as Scalar).value), plain(pair.value as Node)]));
  if (isSeq(node)) return node.items.map((item) => plain(item as Node));
  if (!isScalar(node)) return null;
  const text = String(node.value ?? "");
  if (node.type !== Scalar.PLAIN) return text;
  if (text === "true" || text === "false") return text === "true";
  return text === "" || text === "null" || text === "~" ? null : text;
}

const map = (value: Plain | undefined): Record<string, Plain> => (typeof value === "object" && value !== null && !Array.isArray(value) ? { ...(value as Record<string, Plain>) } : {});

/** The first purchase of every test that is meant to bring an outcome. */
export function ofTests(files: RuleFiles): Shown[] {
  const found: Shown[] = [];
  for (const [path, text] of Object.entries(files)) {
    if (!path.endsWith(".test.yaml")) continue;
    for (const document of parseAllDocuments(text, { schema: "failsafe", logLevel: "silent" })) {
      if (!("contents" in document) || document.errors.length > 0) continue;
      const tests = map(plain(document.contents as Node))["tests"];
      for (const test of Array.isArray(tests) ? (tests as Plain[]).map(map) : []) {
        const steps = test["steps"];
        const first = Array.isArray(steps) ? map((steps as Plain[])[0]) : test;
        const transaction = map(first["transaction"]);
        if (!("id" in transaction) || "error" in map(first["expect"])) continue;
        const given = map(test["given"]);
        found.push({
          from: "test",
          name: String(test["name"] ?? ""),
          transaction,
          // Each is somebody else: so members who gain and lose can be counted.
          member: { id: `test-${found.length + 1}`, ...map(given["member"]) },
          usage: map(given["usage"]) as Record<string, string>,
        });
      }
    }
  }
  return found;
}
