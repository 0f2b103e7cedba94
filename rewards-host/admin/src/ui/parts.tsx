// The small parts that every page uses.
import type { ComponentChildren, JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { useId } from "./id.ts";
import { Problem } from "../api/client.ts";
import { percent } from "../text.ts";
import type { Asked } from "./ask.ts";

export type Tone = "good" | "warn" | "bad" | "info" | "plain";

export function Badge({ tone = "plain", children }: { tone?: Tone; children: ComponentChildren }): JSX.Element {
  return <span class={`badge ${tone}`}>{children}</span>;
}

/** The head of a page. It takes the focus when the page is come to, so that a screen reader says where one is. */
export function Head(props: { title: string; children?: ComponentChildren; acts?: ComponentChildren; back?: { href: string; words: string } }): JSX.Element {
  const head = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${props.title} · Rewards`;
  }, [props.title]);
  useEffect(() => head.current?.focus({ preventScroll: true }), []);
  return (
    <div class="page-head">
      <div>
        {props.back && <a class="back" href={props.back.href}>← {props.back.words}</a>}
        <h1 ref={head} tabIndex={-1}>{props.title}</h1>
        {props.children && <p>{props.children}</p>}
      </div>
      {props.acts && <div class="row">{props.acts}</div>}
    </div>
  );
}

export function Card(props: { title: string; about?: ComponentChildren; acts?: ComponentChildren; flush?: boolean; children: ComponentChildren }): JSX.Element {
  const id = useId();
  return (
    <section class="card" aria-labelledby={id}>
      <div class="card-head">
        <div>
          <h2 id={id}>{props.title}</h2>
          {props.about && <p>{props.about}</p>}
        </div>
        {props.acts && <div class="row">{props.acts}</div>}
      </div>
      <div class={props.flush ? "card-body flush" : "card-body"}>{props.children}</div>
    </section>
  );
}

/** An error for people: what is wrong, and what to do. */
export function Trouble({ error, again }: { error: unknown; again?: () => void }): JSX.Element {
  const words = error instanceof Error ? error.message : "something went wrong";
  return (
    <div class="note bad" role="alert">
      <strong>{words}</strong>
      {error instanceof Problem && error.advice && <p>{error.advice}</p>}
      {again && <p><button type="button" class="button small" onClick={again}>Try again</button></p>}
    </div>
  );
}

/** What was asked: that it is waited for, that it failed, or what came. */
export function Answer<T>({ of, children }: { of: Asked<T>; children: (value: T) => ComponentChildren }): JSX.Element {
  if (of.value !== undefined) return <>{of.error ? <Trouble error={of.error} again={of.again} /> : null}{children(of.value)}</>;
  if (of.error) return <Trouble error={of.error} again={of.again} />;
  return <div class="waiting" role="status">Loading</div>;
}

export function Nothing({ children }: { children: ComponentChildren }): JSX.Element {
  return <p class="nothing">{children}</p>;
}

export function Figures({ children }: { children: ComponentChildren }): JSX.Element {
  return <dl class="figures">{children}</dl>;
}

export function Figure({ name, value, about }: { name: string; value: ComponentChildren; about?: ComponentChildren }): JSX.Element {
  return (
    <div class="figure">
      <dt>{name}</dt>
      <dd>{value}</dd>
      {about ? <dd>{about}</dd> : null}
    </div>
  );
}

/** A budget as a fuel gauge: how much is left of a full tank, in a picture and in words. */
export function Gauge(props: { name: ComponentChildren; label: string; left: number; used: string; leftText: string; about?: ComponentChildren }): JSX.Element {
  const tone = props.left > 0.4 ? "good" : props.left > 0.15 ? "warn" : "bad";
  const words = { good: "", warn: "Low", bad: props.left > 0 ? "Nearly empty" : "Empty" }[tone];
  return (
    <div class="gauge">
      <div class="gauge-head">
        <strong>{props.name}</strong>
        <span class="row">
          {words && <Badge tone={tone}>{words}</Badge>}
          <span class="number">{percent(props.left)} left</span>
        </span>
      </div>
      <div class={`tank ${tone}`} role="meter" aria-label={props.label} aria-valuemin={0} aria-valuemax={100} aria-valuenow={Math.round(props.left * 100)} aria-valuetext={`${props.leftText} left, ${props.used} used`}>
        <svg viewBox="0 0 400 10" preserveAspectRatio="none" aria-hidden="true">
          <rect class="fill" x="0" y="0" width={props.left * 400} height="10" />
          {[100, 200, 300].map((x) => <line key={x} class="tick" x1={x} x2={x} y1="0" y2="10" vector-effect="non-scaling-stroke" />)}
        </svg>
      </div>
      <div class="tank-scale" aria-hidden="true"><span>E</span><span>½</span><span>F</span></div>
      <div class="gauge-foot"><span>{props.used} used · {props.leftText} left</span>{props.about && <span>{props.about}</span>}</div>
    </div>
  );
}

export function Field(props: { label: string; about?: ComponentChildren; children: (id: string, described: string) => ComponentChildren }): JSX.Element {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{props.label}</label>
      {props.children(id, `${id}-about`)}
      <small id={`${id}-about`}>{props.about}</small>
    </div>
  );
}

/** A table that scrolls by itself where it is too wide, and then can be reached by keyboard. */
export function Table({ label, children }: { label: string; children: ComponentChildren }): JSX.Element {
  return (
    <div class="scroll" role="group" aria-label={label} tabIndex={0}>
      <table class="table">{children}</table>
    </div>
  );
}
