// The frame, and which page stands in it. Pages other than the first are fetched when somebody goes there.
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { ErrorBoundary, lazy, LocationProvider, Route, Router, useLocation } from "preact-iso";
import { pageConfig } from "./api/config.ts";
import { ProgramProvider, ProgramPicker } from "./program.tsx";
import { isLapsed, mayEnter, onSession, type Session, session, signOut } from "./session.ts";
import { ThemeSwitch } from "./theme.tsx";
import { Chart, Home, Leave, Mark, Megaphone, Pages, People } from "./ui/icons.tsx";
import { Head, Nothing } from "./ui/parts.tsx";
import { Overview } from "./pages/overview.tsx";
import { SignIn } from "./pages/sign-in.tsx";

const Campaigns = lazy(() => import("./pages/campaigns.tsx").then((page) => page.Campaigns));
const Rules = lazy(() => import("./pages/rules.tsx").then((page) => page.Rules));
const Members = lazy(() => import("./pages/members.tsx").then((page) => page.Members));
const MemberPage = lazy(() => import("./pages/member.tsx").then((page) => page.MemberPage));
const Analytics = lazy(() => import("./pages/analytics.tsx").then((page) => page.Analytics));
const DraftPage = lazy(() => import("./pages/draft.tsx").then((page) => page.DraftPage));

const places = [
  { href: "/admin/", words: "Overview", Icon: Home },
  { href: "/admin/campaigns", words: "Campaigns", Icon: Megaphone },
  { href: "/admin/rules", words: "Rules", Icon: Pages },
  { href: "/admin/members", words: "Members", Icon: People },
  { href: "/admin/analytics", words: "Analytics", Icon: Chart },
];

export function App(): JSX.Element {
  const [who, setWho] = useState<Session | undefined>(session());
  const [hasLapsed, setLapsed] = useState(isLapsed());
  useEffect(() => onSession(() => {
    setWho(session());
    setLapsed(isLapsed());
  }), []);
  if (!who || !mayEnter(who)) return <SignIn who={who} />;
  return (
    <>
      {/* It stays as it is below: what was written and not saved is not lost. */}
      <div class="below" inert={hasLapsed}>
        <LocationProvider scope="/admin">
          <ProgramProvider>
            <Frame who={who} />
          </ProgramProvider>
        </LocationProvider>
      </div>
      {hasLapsed && <div class="gate-over" role="dialog" aria-modal="true" aria-label="Sign in again"><SignIn who={who} isAgain /></div>}
    </>
  );
}

function Frame({ who }: { who: Session }): JSX.Element {
  const { path } = useLocation();
  const isHere = (href: string): boolean => (href === "/admin/" ? path === "/admin/" || path === "/admin" : path.startsWith(href));
  const toMain = (event: Event): void => {
    event.preventDefault();
    document.querySelector<HTMLElement>("h1")?.focus();
  };
  return (
    <div class="frame">
      <a class="skip" href="#main" onClick={toMain}>Skip to the page</a>
      <aside class="side" aria-label="Rewards">
        <a class="brand" href="/admin/"><Mark />Rewards</a>
        <nav class="nav" aria-label="Pages">
          {places.map(({ href, words, Icon }) => (
            <a key={href} href={href} aria-current={isHere(href) ? "page" : undefined}><Icon />{words}</a>
          ))}
        </nav>
        <Version />
      </aside>
      <header class="top">
        <ProgramPicker />
        <span class="grow" />
        <ThemeSwitch />
        <div class="person">
          <div class="person-words"><strong>{who.subject}</strong><small>{who.roles.join(", ")}</small></div>
          <button type="button" class="button bare" onClick={signOut} aria-label={`Sign out ${who.subject}`} title="Sign out"><Leave /></button>
        </div>
      </header>
      <main class="main" id="main">
        <ErrorBoundary>
          <Router>
            <Route path="/admin" component={Overview} />
            <Route path="/admin/signed-in" component={Overview} />
            <Route path="/admin/campaigns" component={Campaigns} />
            <Route path="/admin/rules" component={Rules} />
            <Route path="/admin/rules/:id" component={DraftPage} />
            <Route path="/admin/members" component={Members} />
            <Route path="/admin/members/:id" component={MemberPage} />
            <Route path="/admin/analytics" component={Analytics} />
            <Route default component={Lost} />
          </Router>
        </ErrorBoundary>
      </main>
    </div>
  );
}

function Version(): JSX.Element {
  const [version, set] = useState("");
  useEffect(() => void pageConfig().then((config) => set(config.version), () => undefined), []);
  return <p class="side-foot">{version && `Rewards ${version}`}<br /><a href="/docs/" target="_blank" rel="noreferrer">API</a></p>;
}

function Lost(): JSX.Element {
  return (
    <>
      <Head title="Nothing here" />
      <Nothing>There is no such page. <a href="/admin/">Go to the overview</a></Nothing>
    </>
  );
}
