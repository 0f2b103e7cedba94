// Signing in by OpenID Connect, at an issuer made for the test: authorization code with PKCE, and what goes wrong with it.
import assert from "node:assert/strict";
import { createHash, generateKeyPairSync, sign } from "node:crypto";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import { browser, Service, tab } from "./harness.mjs";

const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
/** @type {import("node:http").Server} */ let server;
/** @type {string} */ let issuer;
/** @type {Service} */ let service;
/** @type {import("playwright-core").Browser} */ let chromium;
/** What the issuer does with the next person. @type {{ roles: string[], refuses?: boolean, state?: string }} */
let next = { roles: ["manager"] };
/** By code: the challenge that it was asked with. @type {Map<string, string>} */
const codes = new Map();

/** @param {Record<string, unknown>} claims */
function token(claims) {
  const part = (/** @type {unknown} */ of) => Buffer.from(JSON.stringify(of)).toString("base64url");
  const text = `${part({ alg: "RS256", typ: "JWT", kid: "k1" })}.${part(claims)}`;
  return `${text}.${sign("sha256", Buffer.from(text), privateKey).toString("base64url")}`;
}

before(async () => {
  server = createServer((request, response) => {
    const address = new URL(request.url ?? "/", issuer);
    const json = (/** @type {unknown} */ body, status = 200) => {
      response.writeHead(status, { "content-type": "application/json", "access-control-allow-origin": "*" });
      response.end(JSON.stringify(body));
    };
    if (address.pathname === "/.well-known/openid-configuration") {
      json({ issuer, authorization_endpoint: `${issuer}/authorize`, token_endpoint: `${issuer}/token` });
    } else if (address.pathname === "/keys") {
      json({ keys: [{ ...publicKey.export({ format: "jwk" }), kid: "k1", alg: "RS256", use: "sig" }] });
    } else if (address.pathname === "/authorize") {
      const asked = address.searchParams;
      const back = new URL(asked.get("redirect_uri") ?? "");
      back.searchParams.set("state", next.state ?? asked.get("state") ?? "");
      if (next.refuses) {
        back.searchParams.set("error", "access_denied");
        back.searchParams.set("error_description", "not today");
      } else {
        const code = `code-${codes.size}`;
        codes.set(code, asked.get("code_challenge") ?? "");
        assert.equal(asked.get("code_challenge_method"), "S256");
        assert.equal(asked.get("client_id"), "rewards-admin");
        back.searchParams.set("code", code);
      }
      response.writeHead(302, { location: back.href }).end();
    } else if (address.pathname === "/token") {
      let body = "";
      request.on("data", (part) => (body += part));
      request.on("end", () => {
        const asked = new URLSearchParams(body);
        const challenge = createHash("sha256").update(asked.get("code_verifier") ?? "").digest("base64url");
        if (codes.get(asked.get("code") ?? "") !== challenge) return json({ error: "invalid_grant" }, 400);
        codes.delete(asked.get("code") ?? "");
        const now = Math.floor(Date.now() / 1000);
        return json({ token_type: "Bearer", access_token: token({ iss: issuer, sub: "ann", aud: "rewards", roles: next.roles, iat: now, exp: now + 600 }) });
      });
    } else json({}, 404);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(undefined)));
  const address = server.address();
  issuer = `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`;
  service = await new Service({
    JWKS_URL: `${issuer}/keys`,
    JWT_ALGORITHM: "RS256",
    JWT_ISSUER: issuer,
    JWT_AUDIENCE: "rewards",
    ADMIN_OIDC_ISSUER: issuer,
    ADMIN_OIDC_CLIENT_ID: "rewards-admin",
  }).started();
  chromium = await browser();
});
after(async () => {
  await chromium?.close();
  await service?.stop();
  server?.close();
});

/** @param {{ roles: string[], refuses?: boolean, state?: string }} how */
async function come(how) {
  next = how;
  const opened = await tab(chromium, service.url);
  await opened.page.goto("/admin/");
  await opened.page.getByRole("button", { name: /^Sign in with 127/ }).click();
  return opened;
}

test("a manager comes back from the issuer signed in, and leaves no code in the address", async () => {
  const { page, context, complaints } = await come({ roles: ["manager"] });
  await page.getByRole("heading", { level: 1, name: "Corner market" }).waitFor();
  assert.equal(new URL(page.url()).search, "");
  // The issuer is the one other origin that the page may ask.
  assert.deepEqual([...new Set(complaints)], [`asked ${issuer}`]);
  await context.close();
});

for (const [name, how, words] of /** @type {const} */ ([
  ["the issuer refuses", { roles: [], refuses: true }, "not today"],
  ["the answer belongs to another sign-in", { roles: ["manager"], state: "forged" }, "was not begun here"],
  ["the token has no role", { roles: [] }, "for managers and admins"],
])) {
  test(`nobody comes in when ${name}`, async () => {
    const { page, context } = await come({ ...how, roles: [...how.roles] });
    await page.getByRole("alert").filter({ hasText: words }).waitFor();
    await page.getByRole("heading", { name: "Sign in" }).waitFor();
    await context.close();
  });
}

test("the policy names the issuer", async () => {
  const answer = await fetch(`${service.url}/admin/`);
  assert.match(answer.headers.get("content-security-policy") ?? "", new RegExp(`connect-src 'self' ${issuer};`));
});
