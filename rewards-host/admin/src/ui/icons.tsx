// Pictures for the navigation and buttons, drawn with the colour of the text. They say nothing to a screen reader: a word
// stands beside each, or is its label.
import type { ComponentChildren, JSX } from "preact";

function Icon({ children }: { children: ComponentChildren }): JSX.Element {
  return (
    <svg viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.8" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">
      {children}
    </svg>
  );
}

export const Mark = (): JSX.Element => (
  <svg viewBox="0 0 32 32" aria-hidden="true">
    <rect width="32" height="32" rx="8" fill="#0f766e" />
    <path d="M10 23V9h7.2a4.6 4.6 0 0 1 1.3 9L22 23" fill="none" stroke="#fff" stroke-width="3" stroke-linecap="round" stroke-linejoin="round" />
    <circle cx="23.5" cy="9.5" r="2.5" fill="#fbbf24" />
  </svg>
);
export const Home = (): JSX.Element => <Icon><path d="M4 13a8 8 0 1 1 16 0" /><path d="m12 13 4-4" /><path d="M4 18h16" /></Icon>;
export const Megaphone = (): JSX.Element => <Icon><path d="M4 10v4h3l8 4V6l-8 4z" /><path d="M18.5 9a4 4 0 0 1 0 6" /><path d="m8 14 1.5 5" /></Icon>;
export const Pages = (): JSX.Element => <Icon><path d="M14 3H7a2 2 0 0 0-2 2v14a2 2 0 0 0 2 2h10a2 2 0 0 0 2-2V8z" /><path d="M14 3v5h5" /><path d="M9 13h6M9 17h4" /></Icon>;
export const People = (): JSX.Element => <Icon><circle cx="9" cy="8" r="3.5" /><path d="M3 20c0-3.5 2.7-6 6-6s6 2.5 6 6" /><path d="M16 5a3.5 3.5 0 0 1 0 6.5M18 14.5c1.9.9 3 2.8 3 5.5" /></Icon>;
export const Chart = (): JSX.Element => <Icon><path d="M4 20V4" /><path d="M4 20h16" /><path d="m7 15 4-5 3 3 5-7" /></Icon>;
export const Sun = (): JSX.Element => <Icon><circle cx="12" cy="12" r="4" /><path d="M12 3v2M12 19v2M3 12h2M19 12h2M5.6 5.6 7 7M17 17l1.4 1.4M18.4 5.6 17 7M7 17l-1.4 1.4" /></Icon>;
export const Moon = (): JSX.Element => <Icon><path d="M20 14.5A8 8 0 0 1 9.5 4a8 8 0 1 0 10.5 10.5z" /></Icon>;
export const Leave = (): JSX.Element => <Icon><path d="M10 4H6a2 2 0 0 0-2 2v12a2 2 0 0 0 2 2h4" /><path d="m15 8 4 4-4 4M19 12H9" /></Icon>;
