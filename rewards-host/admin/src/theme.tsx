// Light or dark: as the system has it, until somebody says.
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { Moon, Sun } from "./ui/icons.tsx";

type Theme = "light" | "dark";
const key = "rewards.theme";
const system = matchMedia("(prefers-color-scheme: dark)");

function chosen(): Theme | undefined {
  const kept = localStorage.getItem(key);
  return kept === "light" || kept === "dark" ? kept : undefined;
}

export const theme = (): Theme => chosen() ?? (system.matches ? "dark" : "light");

function show(): void {
  const own = chosen();
  if (own) document.documentElement.dataset["theme"] = own;
  else delete document.documentElement.dataset["theme"];
}
show();

/** Told when the theme changes, for what is drawn on a canvas. */
export function onTheme(listener: () => void): () => void {
  system.addEventListener("change", listener);
  addEventListener("rewards-theme", listener);
  return () => {
    system.removeEventListener("change", listener);
    removeEventListener("rewards-theme", listener);
  };
}

export function ThemeSwitch(): JSX.Element {
  const [now, set] = useState(theme());
  useEffect(() => onTheme(() => set(theme())), []);
  const next: Theme = now === "dark" ? "light" : "dark";
  const turn = (): void => {
    // What the system has anyway needs no choice, and follows the system again.
    if (next === (system.matches ? "dark" : "light")) localStorage.removeItem(key);
    else localStorage.setItem(key, next);
    show();
    dispatchEvent(new Event("rewards-theme"));
  };
  return (
    <button type="button" class="button bare" onClick={turn} aria-label={`Use the ${next} theme`} title={`Use the ${next} theme`}>
      {now === "dark" ? <Sun /> : <Moon />}
    </button>
  );
}
