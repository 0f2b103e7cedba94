// What the service says of itself before anybody signed in.

export interface Oidc {
  readonly issuer: string;
  readonly client_id: string;
  readonly scope: string;
  readonly token: "access_token" | "id_token";
}

export interface PageConfig {
  readonly version: string;
  /** Whether tokens are checked with the development key. */
  readonly development: boolean;
  readonly oidc: Oidc | null;
}

let asked: Promise<PageConfig> | undefined;

export function pageConfig(): Promise<PageConfig> {
  asked ??= fetch("/admin/config.json").then((answer) => answer.json() as Promise<PageConfig>);
  asked.catch(() => (asked = undefined));
  return asked;
}
