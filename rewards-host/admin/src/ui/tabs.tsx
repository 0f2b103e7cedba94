// Tabs as people with a keyboard know them: one stop, arrows between them.
import type { ComponentChildren, JSX } from "preact";
import { useRef, useState } from "preact/hooks";
import { useId } from "./id.ts";

export interface Tab {
  readonly id: string;
  readonly words: ComponentChildren;
  /** Once it was shown, it is kept while another one is, with what was written in it. */
  readonly isKept?: boolean;
  readonly content: () => ComponentChildren;
}

export function Tabs({ label, tabs, first }: { label: string; tabs: readonly Tab[]; first?: string }): JSX.Element {
  const [shown, show] = useState(tabs.find((tab) => tab.id === first)?.id ?? tabs[0]?.id ?? "");
  const seen = useRef(new Set<string>());
  seen.current.add(shown);
  const list = useRef<HTMLDivElement>(null);
  const id = useId();
  const onKeyDown = (event: KeyboardEvent): void => {
    const at = tabs.findIndex((tab) => tab.id === shown);
    const next = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: tabs.length - 1 }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    const tab = tabs[(next + tabs.length) % tabs.length];
    if (!tab) return;
    show(tab.id);
    list.current?.querySelector<HTMLElement>(`#${CSS.escape(`${id}-${tab.id}`)}`)?.focus();
  };
  return (
    <>
      <div ref={list} class="tabs" role="tablist" aria-label={label} onKeyDown={onKeyDown}>
        {tabs.map((tab) => (
          <button key={tab.id} type="button" role="tab" class="tab" id={`${id}-${tab.id}`} aria-selected={tab.id === shown} aria-controls={`${id}-${tab.id}-panel`} tabIndex={tab.id === shown ? 0 : -1} onClick={() => show(tab.id)}>
            {tab.words}
          </button>
        ))}
      </div>
      {tabs.map((tab) => (
        <div key={tab.id} role="tabpanel" id={`${id}-${tab.id}-panel`} aria-labelledby={`${id}-${tab.id}`} hidden={tab.id !== shown}>
          {(tab.id === shown || (tab.isKept && seen.current.has(tab.id))) && tab.content()}
        </div>
      ))}
    </>
  );
}
