// What a change of rules makes of purchases, as a picture and a list: cost, who gains, who loses, each purchase.
import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { ComparedSamples, Outcome } from "rewards-wasm";
import { reach, Waterfall } from "../outcome/waterfall.tsx";
import { instant, isZero, money, number, plural, share, signed } from "../text.ts";
import { Nothing } from "../ui/parts.tsx";
import { PictureView } from "./picture.ts";
import type { Shown } from "./samples.ts";

/** One purchase in full, under both rule sets. */
export interface InFull {
  readonly row: number;
  readonly old: Outcome;
  readonly new: Outcome;
  /** The rules as they are written now, lit by the purchase. */
  readonly graph: string;
}

export interface ViewState {
  readonly purchases: readonly Shown[];
  readonly compared: ComparedSamples | undefined;
  /** How long the engine took for it, in milliseconds. */
  readonly took: number | undefined;
  /** What is in the way: the rules have errors, or cannot be compared. */
  readonly trouble: string | undefined;
  readonly chosen: InFull | undefined;
}

export interface ViewProps extends ViewState {
  onChoose(row: number | undefined): void;
}

/** How many purchases are listed at once. */
const most = 12;

export function PreviewView(props: ViewProps): JSX.Element {
  const { purchases, compared, took, trouble } = props;
  const recent = purchases.filter((one) => one.from === "recent").length;
  const tests = purchases.length - recent;
  const of = [recent > 0 && `${plural(recent, "recent purchase")}, without names`, (tests > 0 || recent === 0) && `${plural(tests, "purchase")} of the rules’ own tests`].filter(Boolean).join(", and ");
  return (
    <section class="card preview-card" aria-labelledby="preview-title">
      <div class="card-head">
        <div>
          <h2 id="preview-title">Preview</h2>
          <p>{of}: what is in force against what is written here{took === undefined ? "" : `, in ${took < 1 ? "under 1" : Math.round(took)} ms`}.</p>
        </div>
      </div>
      <div class="card-body stack tight">
        {trouble && <p class="note warn" role="status">{trouble}</p>}
        {!compared ? (!trouble && <div class="waiting" role="status">The engine is being loaded</div>) : purchases.length === 0 ? <Nothing>There is no purchase to try the rules on.</Nothing> : <Told {...props} compared={compared} />}
      </div>
    </section>
  );
}

function Told(props: ViewProps & { compared: ComparedSamples }): JSX.Element {
  const { compared, purchases, chosen } = props;
  const { costs, words } = compared;
  const { total, currency } = costs;
  return (
    <>
      <dl class="preview-figures">
        <div><dt>In force</dt><dd>{money(total.old, currency)}</dd></div>
        <div><dt>As written</dt><dd>{money(total.new, currency)}</dd></div>
        <div class={toneOf(total.difference)}><dt>Difference</dt><dd>{signed(total.difference, money(total.difference, currency))}</dd></div>
        {(!isZero(total.old_points) || !isZero(total.new_points)) && <div><dt>Points</dt><dd>{signed(total.points_difference, number(total.points_difference))}</dd></div>}
      </dl>
      <Balance costs={costs} />
      {words.length === 0 ? <p class="muted">Nothing was changed yet.</p> : (
        <details class="preview-words"><summary>{plural(words.length, "change")} in the rules</summary><ul>{words.map((line) => <li key={line}>{line}</li>)}</ul></details>
      )}
      {compared.rejected.length > 0 && <p class="muted">{plural(compared.rejected.length, "purchase")} could not be evaluated: {compared.rejected[0]?.message}.</p>}
      <List {...props} />
      {chosen && <Full chosen={chosen} shown={purchases[chosen.row]} onClose={() => props.onChoose(undefined)} />}
    </>
  );
}

const toneOf = (difference: string): string => (isZero(difference) ? "" : difference.startsWith("-") ? "less" : "more");

/** Members who gain and who lose, to the right and to the left of nothing. */
function Balance({ costs }: { costs: ComparedSamples["costs"] }): JSX.Element {
  const { gain, lose, unchanged, currency } = costs;
  const all = String(gain.count + lose.count + unchanged.count);
  const [left, right] = [share(String(lose.count), all) * 200, share(String(gain.count), all) * 200];
  const sum = ({ money: by, points }: { money: string; points: string }): string => [!isZero(by) && signed(by, money(by, currency)), !isZero(points) && `${signed(points, number(points))} points`].filter(Boolean).join(", ");
  const part = (of: { count: number; money: string; points: string }, word: string): string => `${plural(of.count, "member")} ${of.count === 1 ? `${word}s` : word}${sum(of) ? ` ${sum(of)}` : ""}`;
  return (
    <figure class="balance">
      <svg viewBox="0 0 400 14" preserveAspectRatio="none" aria-hidden="true">
        <rect class="ground" x="0" y="0" width="400" height="14" />
        <rect class="lose" x={200 - left} y="0" width={left} height="14" />
        <rect class="gain" x="200" y="0" width={right} height="14" />
        <line x1="200" x2="200" y1="0" y2="14" vector-effect="non-scaling-stroke" />
      </svg>
      <figcaption><span>{part(lose, "lose")}</span><span>{unchanged.count} unchanged</span><span>{part(gain, "gain")}</span></figcaption>
    </figure>
  );
}

function List({ compared, purchases, chosen, onChoose }: ViewProps & { compared: ComparedSamples }): JSX.Element {
  const [isAll, setAll] = useState(false);
  const { currency } = compared.costs;
  // Only for the order: what changes most comes first.
  const size = (text: string): number => Math.abs(Number(text));
  const rows = compared.rows.toSorted((a, b) => size(b.difference.total) - size(a.difference.total) || size(b.difference.points) - size(a.difference.points) || a.row - b.row);
  return (
    <div>
      <div class="scroll" role="region" aria-label="Purchases" tabIndex={0}>
        <table class="table preview-table">
          <thead><tr><th scope="col">Purchase</th><th scope="col" class="number">Amount</th><th scope="col" class="number">In force</th><th scope="col" class="number">As written</th><th scope="col" class="number">Difference</th></tr></thead>
          <tbody>
            {rows.slice(0, isAll ? 200 : most).map(({ row, old, new: next, difference }) => {
              const shown = purchases[row];
              const tx = shown?.transaction ?? {};
              const isChosen = chosen?.row === row;
              return (
                <tr key={row} class={isChosen ? "chosen" : ""}>
                  <th scope="row"><button type="button" class="place" aria-expanded={isChosen} onClick={() => onChoose(isChosen ? undefined : row)}>{nameOf(shown)}</button></th>
                  <td class="number">{money(String(tx["amount"] ?? "0"), String(tx["currency"] ?? currency))}</td>
                  <td class="number">{paid(old, currency)}</td>
                  <td class="number">{paid(next, currency)}</td>
                  <td class={`number ${toneOf(isZero(difference.total) ? difference.points : difference.total)}`}>{isZero(difference.total) && isZero(difference.points) ? "—" : [!isZero(difference.total) && signed(difference.total, money(difference.total, currency)), !isZero(difference.points) && `${signed(difference.points, number(difference.points))} p`].filter(Boolean).join(" ")}</td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
      {rows.length > most && <p><button type="button" class="button small bare" onClick={() => setAll(!isAll)}>{isAll ? `Show the first ${most}` : rows.length > 200 ? `Show the first 200 of ${rows.length}` : `Show all ${rows.length}`}</button></p>}
    </div>
  );
}

const paid = ({ total, points }: { total: string; points: string }, currency: string): string => `${money(total, currency)}${isZero(points) ? "" : ` + ${number(points)} p`}`;

/** What a purchase is called: its test's name, or what was bought and when. */
function nameOf(shown: Shown | undefined): string {
  if (shown?.name) return shown.name;
  const tx = shown?.transaction ?? {};
  const what = [tx["category"], tx["merchant"]].filter((one) => typeof one === "string").join(", ");
  return `${what || "purchase"}, ${instant(String(tx["occurred_at"] ?? ""))}`;
}

function Full({ chosen, shown, onClose }: { chosen: InFull; shown: Shown | undefined; onClose(): void }): JSX.Element {
  const picture = useRef<HTMLDivElement>(null);
  const view = useRef<PictureView | undefined>(undefined);
  useEffect(() => {
    if (!picture.current) return;
    view.current ??= new PictureView(picture.current);
    view.current.show(chosen.graph);
  }, [chosen.graph]);
  const scale = reach(chosen.old, chosen.new);
  return (
    <section class="preview-full" aria-label={`In full: ${nameOf(shown)}`}>
      <div class="row between"><h3>{nameOf(shown)}</h3><button type="button" class="button small bare" onClick={onClose}>Close</button></div>
      <div class="columns">
        <Waterfall title="In force" outcome={chosen.old} scale={scale} />
        <Waterfall title="As written" outcome={chosen.new} scale={scale} />
      </div>
      <h3>The rules as written, lit by this purchase</h3>
      <div ref={picture} class="preview-graph" role="region" aria-label="Graph of the rules" tabIndex={0} />
    </section>
  );
}
