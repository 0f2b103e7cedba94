// The preview in the browser, where it was built in; it is given what is in force, the draft as it is written, and real
// recent purchases without names.
import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { client, told } from "../api/client.ts";
import { preview, type PreviewHandle, type RuleFiles, type SamplePurchase } from "../slots.ts";
import { filesInForce } from "./in-force.ts";
import type { Draft } from "./types.ts";

export function PreviewPane({ draft, files }: { draft: Draft; files: RuleFiles }): JSX.Element | null {
  const host = useRef<HTMLDivElement>(null);
  const handle = useRef<PreviewHandle | undefined>(undefined);
  const latest = useRef(files);
  const [isThere, setThere] = useState(false);
  latest.current = files;
  useEffect(() => {
    let isGone = false;
    void (async () => {
      const mount = await preview().catch(() => undefined);
      if (!mount || isGone) return;
      setThere(true);
      const [old, purchases] = await Promise.all([filesInForce(draft.program), samples(draft.id ?? "")]);
      if (isGone || !host.current) return;
      const mounted = await mount(host.current, { old: old ?? draft.files, new: latest.current, purchases });
      if (isGone) mounted.destroy();
      else handle.current = mounted;
      mounted.setNew(latest.current);
    })();
    return () => {
      isGone = true;
      handle.current?.destroy();
      handle.current = undefined;
    };
  }, [draft.id]);
  useEffect(() => handle.current?.setNew(files), [files]);
  return <div ref={host} class="preview" hidden={!isThere} />;
}

/** Recent purchases; none for somebody who may not see them. */
async function samples(id: string): Promise<readonly SamplePurchase[]> {
  try {
    const answer = await told(client.GET("/api/v1/rules/{rule_set}/sample-purchases", { params: { path: { rule_set: id } } }));
    return answer.items as unknown as SamplePurchase[];
  } catch {
    return [];
  }
}
