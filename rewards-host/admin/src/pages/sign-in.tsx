// Who may come in: with a token, or by the issuer that is configured.
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { type PageConfig, pageConfig } from "../api/config.ts";
import { comeBack, goToIssuer } from "../oidc.ts";
import { mayEnter, read, type Session, signIn, signOut } from "../session.ts";
import { useAct } from "../ui/ask.ts";
import { Mark } from "../ui/icons.tsx";
import { Field, Trouble } from "../ui/parts.tsx";

/** What is wrong with a token that one can see without the service; nothing if it may be good. */
function wrongWith(session: Session | undefined): string | undefined {
  if (!session) return "This is no token: it has three parts between dots.";
  if (session.expiresAt !== undefined && session.expiresAt < Date.now()) return "This token is past its time. Ask for a new one.";
  if (!mayEnter(session)) return `This token is for ${session.subject}, whose roles are ${session.roles.join(", ") || "none"}. The admin page is for managers and admins.`;
  return undefined;
}

export function SignIn({ who, isAgain = false }: { who: Session | undefined; isAgain?: boolean }): JSX.Element {
  const [config, setConfig] = useState<PageConfig>();
  const [wrong, setWrong] = useState(who && !isAgain ? wrongWith(who) : undefined);
  const act = useAct();
  useEffect(() => {
    if (!isAgain) document.title = "Sign in · Rewards";
    void act.run(async () => {
      const config = await pageConfig();
      setConfig(config);
      const token = config.oidc && (await comeBack(config.oidc));
      if (token) enter(token);
    });
  }, []);

  const enter = (token: string): void => {
    const session = read(token);
    const wrong = wrongWith(session);
    setWrong(wrong);
    if (session && !wrong) signIn(session);
  };
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    enter(String(form.get("token") ?? ""));
  };
  const oidc = config?.oidc;
  return (
    <main class="gate">
      <div class="gate-card">
        <span class="brand"><Mark />Rewards</span>
        <div>
          <h1>{isAgain ? "Sign in again" : "Sign in"}</h1>
          <p class="muted" role={isAgain ? "alert" : undefined}>
            {isAgain ? "Your session has ended: the service takes your token no more. What you have written here is still there, and nothing was saved since." : "For those who run programs."}
          </p>
          {isAgain && oidc && <p class="note">With {new URL(oidc.issuer).host} this page is left. What you wrote in a draft is kept in this tab, and is back when you are.</p>}
        </div>
        {act.error !== undefined && <Trouble error={act.error} />}
        {oidc && (
          <>
            <button type="button" class="button main-act" disabled={act.isUnderWay} onClick={() => act.run(() => goToIssuer(oidc))}>
              Sign in with {new URL(oidc.issuer).host}
            </button>
            <span class="or">or</span>
          </>
        )}
        <form class="fields" onSubmit={submit}>
          <Field label="Token" about={config?.development
            ? <>Here, <code>rewards token --sub you --role manager</code> makes one.</>
            : "From whoever runs the service. It is kept until this tab is closed."}>
            {(id, about) => (
              <input id={id} class="input mono" name="token" type="password" autocomplete="off" spellcheck={false} required aria-describedby={wrong ? `${about} sign-in-wrong` : about} aria-invalid={wrong ? true : undefined} />
            )}
          </Field>
          {wrong && <div class="note bad" role="alert" id="sign-in-wrong">{wrong}</div>}
          <button class={oidc ? "button" : "button main-act"}>Sign in with the token</button>
          {who && <button type="button" class="button bare" onClick={signOut}>{isAgain ? "Sign out, and lose what is not saved" : `Forget the token of ${who.subject}`}</button>}
        </form>
      </div>
    </main>
  );
}
