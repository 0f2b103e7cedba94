// Tabs as people with a keyboard know them: one stop, arrows between them.
import type { ComponentChildren, JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { useId } from "./id.ts";

export interface Tab {
  readonly id: string;
  readonly words: ComponentChildren;
  /** Once it was shown, it is kept while another one is, with what was written in it. */
  readonly isKept?: boolean;
  readonly content: () => ComponentChildren;
}

/** `asked` is a tab that something else on the page wants shown: each new object shows it once, and gives it the focus. */
export function Tabs({ label, tabs, first, asked }: { label: string; tabs: readonly Tab[]; first?: string; asked?: { readonly id: string } | undefined }): JSX.Element {
  const [shown, show] = useState(tabs.find((tab) => tab.id === first)?.id ?? tabs[0]?.id ?? "");
  const seen = useRef(new Set<string>());
  seen.current.add(shown);
  const list = useRef<HTMLDivElement>(null);
  const id = useId();
  const go = (to: string): void => {
    show(to);
    list.current?.querySelector<HTMLElement>(`#${CSS.escape(`${id}-${to}`)}`)?.focus();
  };
  useEffect(() => {
    if (asked) go(asked.id);
  }, [asked]);
  const onKeyDown = (event: KeyboardEvent): void => {
    const at = tabs.findIndex((tab) => tab.id === shown);
    const next = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: tabs.length - 1 }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    const tab = tabs[(next + tabs.length) % tabs.length];
    if (!tab) return;
    go(tab.id);
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
