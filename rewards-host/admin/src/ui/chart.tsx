// Charts by uPlot: stacked columns and lines on a canvas, in the colours of the theme. A canvas says nothing to a screen reader,
// so each chart stands beside the table that it draws, and has a label.
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import UPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { onTheme } from "../theme.tsx";

export interface Series {
  readonly name: string;
  /** As drawn; a gap is null. */
  readonly values: readonly (number | null)[];
}

interface Props {
  readonly label: string;
  /** What the axis below is of. */
  readonly axis: string;
  /** Names of places on the axis below, in order. */
  readonly keys: readonly string[];
  readonly series: readonly Series[];
  readonly kind: "stacked" | "line";
  /** How a value is written. */
  readonly text: (value: number) => string;
}

const colour = (name: string): string => {
  // The custom property holds `light-dark(…)`; the browser resolves it on a property that is a colour.
  const probe = document.createElement("span");
  probe.style.color = `var(${name})`;
  document.body.append(probe);
  const resolved = getComputedStyle(probe).color;
  probe.remove();
  return resolved;
};

/** Values on top of each other: each series from the sum of those before it. */
function stacked(series: readonly Series[]): (number | null)[][] {
  const sums: number[] = [];
  return series.map(({ values }) => values.map((value, at) => (sums[at] = (sums[at] ?? 0) + (value ?? 0))));
}

function options({ keys, series, kind, text, axis }: Props, width: number): UPlot.Options {
  const [muted, line] = [colour("--muted"), colour("--line")];
  const colours = series.map((_, at) => colour(`--series-${(at % 4) + 1}`));
  const font = `12px ${getComputedStyle(document.body).fontFamily}`;
  const isNarrow = width < 480;
  const most = isNarrow ? 4 : 10;
  const every = Math.max(1, Math.ceil(keys.length / most));
  const bars = UPlot.paths.bars?.({ size: [0.7, 46], radius: 0.12 });
  const drawn = series.map(({ name, values }, at): UPlot.Series => ({
    label: name,
    stroke: colours[at] ?? muted,
    ...(kind === "stacked" ? { fill: colours[at] ?? muted, ...(bars ? { paths: bars } : {}), width: 0 } : { width: 2 }),
    points: { show: kind === "line" && keys.length < 40, size: 5 },
    value: (_plot, _value, _series, at) => (at === null ? "–" : text(values[at] ?? 0)),
  }));
  return {
    width,
    height: isNarrow ? 200 : 260,
    padding: [12, 12, 0, 0],
    cursor: { points: { show: kind === "line" }, y: false },
    legend: { live: true },
    scales: { x: { time: false, range: (_plot, least, most) => [least - 0.6, most + 0.6] }, y: { range: (_plot, least, most) => [Math.min(0, least * 1.08), Math.max(most * 1.08, least < 0 ? 0 : 1e-9)] } },
    axes: [
      { stroke: muted, font, grid: { show: false }, ticks: { stroke: line }, splits: () => keys.map((_, at) => at).filter((at) => at % every === 0), values: (_plot, at) => at.map((one) => keys[one] ?? "") },
      { stroke: muted, font, grid: { stroke: line, width: 1 }, ticks: { show: false }, size: (plot, values) => (values ? Math.max(...values.map((value) => plot.ctx.measureText(value).width / devicePixelRatio)) + 14 : 50), values: (_plot, at) => at.map((value) => text(value)) },
    ],
    // The tallest stands behind the others.
    series: [{ label: axis, value: (_plot, at) => (at === null ? "–" : (keys[at] ?? "")) }, ...(kind === "stacked" ? drawn.toReversed() : drawn)],
  };
}

function data({ keys, series, kind }: Props): UPlot.AlignedData {
  const values = kind === "stacked" ? stacked(series).toReversed() : series.map(({ values }) => [...values]);
  return [keys.map((_, at) => at), ...values];
}

export function Chart(props: Props): JSX.Element {
  const host = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const at = host.current;
    if (!at) return undefined;
    let plot: UPlot | undefined;
    const draw = (): void => {
      plot?.destroy();
      plot = new UPlot(options(props, at.clientWidth), data(props), at);
    };
    draw();
    let width = at.clientWidth;
    const watch = new ResizeObserver(() => {
      if (at.clientWidth === width || at.clientWidth === 0) return;
      width = at.clientWidth;
      draw();
    });
    watch.observe(at);
    const end = onTheme(draw);
    return () => {
      watch.disconnect();
      end();
      plot?.destroy();
    };
  }, [JSON.stringify([props.keys, props.series, props.kind])]);
  return <div ref={host} class="chart" role="img" aria-label={props.label} />;
}
