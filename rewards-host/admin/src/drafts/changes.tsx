// What differs in meaning between two rule sets, a line each.
import type { JSX } from "preact";
import { client, told } from "../api/client.ts";
import { useAsked } from "../ui/ask.ts";
import { Answer, Nothing } from "../ui/parts.tsx";

/** `of` is a draft's id or a content hash; `against` a content hash, or what is in force. `version` asks anew. */
export function Changes({ of, against, version }: { of: string; against?: string; version?: number }): JSX.Element {
  const asked = useAsked(async () => {
    const params = { path: { rule_set: of }, query: against ? { against } : {} };
    return await told(client.GET("/api/v1/rules/{rule_set}/diff", { params }));
  }, [of, against, version]);
  return (
    <Answer of={asked}>{({ changes, old, new: now }) => changes.length === 0
      ? <Nothing>{old === now ? "Both are the same." : "Nothing differs in meaning, though the files do."}</Nothing>
      : <ul class="changes">{changes.map((change) => <li key={change.words}>{change.words}</li>)}</ul>}
    </Answer>
  );
}
