// The preview of a change of rules: what is in force against what is written, on recent purchases, at typing speed and in the
// browser alone.
//
// `mountPreview(host, options)` is all that the rest of the page uses (`src/slots.ts` has its types). `samples.ts` finds purchases
// in the rules' own tests, `view.tsx` shows what came of all of them and one in full, `picture.ts` the rules lit by it.
import { h, render } from "preact";
import type { RemoteRuleSet, RemoteSamples, RewardsWorker } from "rewards-wasm/client";
import { engine, newest } from "../editor/engine.ts";
import type { PreviewHandle, PreviewOptions, RuleFiles, SamplePurchase } from "../slots.ts";
import "./preview.css";
import { ofTests, type Shown } from "./samples.ts";
import { PreviewView, type ViewState } from "./view.tsx";

/** Mounts the preview into an element of the page. */
export function mountPreview(host: HTMLElement, options: PreviewOptions): PreviewHandle {
  let written: RuleFiles = options.new;
  let real: readonly SamplePurchase[] = options.purchases;
  let chosenRow: number | undefined;
  let isGone = false;
  let state: ViewState = { purchases: [], compared: undefined, took: undefined, trouble: undefined, chosen: undefined };
  // What the worker holds for this preview.
  let worker: RewardsWorker | undefined;
  let old: RemoteRuleSet | undefined;
  let now: { readonly rules: RemoteRuleSet; readonly files: RuleFiles } | undefined;
  let held: { readonly samples: RemoteSamples; readonly key: string; readonly list: readonly Shown[] } | undefined;

  const root = host.appendChild(document.createElement("div"));
  const show = (change: Partial<ViewState>): void => {
    state = { ...state, ...change };
    if (!isGone) render(h(PreviewView, { ...state, onChoose: choose }), root);
  };

  /** The purchases to look at: recent ones where they may be seen, and those of the tests as they are written now. */
  const purchases = (files: RuleFiles): readonly Shown[] => [...real.map((one) => ({ ...one, from: "recent" as const })), ...ofTests(files)];

  const look = newest(async (files: RuleFiles) => {
    try {
      worker ??= await engine();
      old ??= await worker.compile({ ...options.old });
      if (isGone) return;
      const began = performance.now();
      if (now?.files !== files) {
        const { rules, findings } = await worker.check({ ...files });
        if (!rules) {
          const errors = findings.filter((finding) => finding.severity === "error").length;
          show({ trouble: `The rules as written have ${errors === 1 ? "an error" : `${errors} errors`}; what is shown is of how they were before.` });
          return;
        }
        void now?.rules.free();
        now = { rules, files };
      }
      const list = purchases(files);
      const key = JSON.stringify(list);
      if (held?.key !== key) {
        void held?.samples.free();
        const samples = list.map(({ transaction, member, usage }) => ({ transaction, member, usage }));
        held = { samples: await worker.samples(JSON.stringify(samples)), key, list };
      }
      const compared = await worker.compareSamples(old, now.rules, held.samples);
      const took = performance.now() - began;
      show({ purchases: held.list, compared, took, trouble: undefined });
      await full();
    } catch (error) {
      if (!isGone) show({ trouble: error instanceof Error ? error.message : String(error) });
    }
  });

  /** The chosen purchase under the rules as they are now. */
  const full = async (): Promise<void> => {
    const row = chosenRow;
    const shown = row === undefined ? undefined : state.purchases[row];
    if (row === undefined || !shown || !old || !now) {
      show({ chosen: undefined });
      return;
    }
    const given = [shown.transaction, shown.member, shown.usage].map((part) => JSON.stringify(part)) as [string, string, string];
    try {
      const [was, is, graph] = await Promise.all([old.explain(...given), now.rules.explain(...given), now.rules.graph("svg", ...given)]);
      if (chosenRow === row) show({ chosen: { row, old: was, new: is, graph } });
    } catch (error) {
      show({ chosen: undefined, trouble: error instanceof Error ? error.message : String(error) });
    }
  };

  const choose = (row: number | undefined): void => {
    chosenRow = row;
    void full();
  };

  show({});
  look(written);
  return {
    setNew(files) {
      if (files === written) return;
      written = files;
      look(files);
    },
    setPurchases(next) {
      real = next;
      look(written);
    },
    destroy() {
      isGone = true;
      render(null, root);
      root.remove();
      for (const one of [old, now?.rules, held?.samples]) void one?.free();
    },
  };
}
