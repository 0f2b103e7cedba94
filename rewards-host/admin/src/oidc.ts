// Signing in at an issuer: OpenID Connect's authorization code with PKCE, as a client that has no secret. The page goes to the
// issuer and comes back to `/admin/signed-in` with a code, which it changes for a token by itself. A library for it would
// bring flows, storage and renewal that are not used; what is left is two requests and two random texts.
import type { Oidc } from "./api/config.ts";
import { leave } from "./session.ts";

interface Issuer {
  readonly issuer: string;
  readonly authorization_endpoint: string;
  readonly token_endpoint: string;
}

const key = "rewards.oidc";
const back = (): string => `${location.origin}/admin/signed-in`;
const members = "/admin/members";

/** The page to come back to; of a member's the list, so that nothing of a member is kept. */
const here = (): string => (location.pathname.startsWith(`${members}/`) ? members : location.pathname);

function base64url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

const random = (): string => base64url(crypto.getRandomValues(new Uint8Array(32)));

async function described(oidc: Oidc): Promise<Issuer> {
  const answer = await fetch(`${oidc.issuer}/.well-known/openid-configuration`).catch(() => undefined);
  if (!answer?.ok) throw new Error(`${new URL(oidc.issuer).host} cannot be reached`);
  const issuer = (await answer.json()) as Issuer;
  // One that says it is another may be one that somebody put in its place (OpenID Connect Discovery 4.3).
  if (issuer.issuer.replace(/\/$/, "") !== oidc.issuer) throw new Error(`the issuer says that it is ${issuer.issuer}`);
  return issuer;
}

/** Leaves the page for the issuer. */
export async function goToIssuer(oidc: Oidc): Promise<void> {
  const issuer = await described(oidc);
  const [state, verifier] = [random(), random()];
  sessionStorage.setItem(key, JSON.stringify({ state, verifier, from: here() }));
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier));
  const address = new URL(issuer.authorization_endpoint);
  const asked = {
    response_type: "code",
    client_id: oidc.client_id,
    redirect_uri: back(),
    scope: oidc.scope,
    state,
    code_challenge: base64url(new Uint8Array(digest)),
    code_challenge_method: "S256",
  };
  for (const [name, value] of Object.entries(asked)) address.searchParams.set(name, value);
  leave();
  location.assign(address);
}

/** Of somebody who comes back from the issuer, the token; nothing for anybody else. */
export async function comeBack(oidc: Oidc): Promise<string | undefined> {
  if (location.pathname !== "/admin/signed-in") return undefined;
  const answer = new URLSearchParams(location.search);
  const kept = JSON.parse(sessionStorage.getItem(key) ?? "{}") as { state?: string; verifier?: string; from?: string };
  sessionStorage.removeItem(key);
  // Neither code nor state stay in the history.
  history.replaceState(null, "", kept.from ?? "/admin/");
  const refused = answer.get("error");
  if (refused) throw new Error(`the issuer refused: ${answer.get("error_description") ?? refused}`);
  const code = answer.get("code");
  if (!code || !kept.state || !kept.verifier || answer.get("state") !== kept.state) {
    throw new Error("this sign-in was not begun here, or was ended before; begin again");
  }
  const issuer = await described(oidc);
  const body = new URLSearchParams({
    grant_type: "authorization_code",
    code,
    redirect_uri: back(),
    client_id: oidc.client_id,
    code_verifier: kept.verifier,
  });
  const given = await fetch(issuer.token_endpoint, { method: "POST", body });
  const tokens = (await given.json().catch(() => ({}))) as Record<string, unknown>;
  const token = tokens[oidc.token];
  if (!given.ok || typeof token !== "string") {
    throw new Error(`the issuer gave no ${oidc.token}: ${String(tokens["error_description"] ?? tokens["error"] ?? given.status)}`);
  }
  return token;
}
