// Signing in by OpenID Connect, at an issuer made for the test: authorization code with PKCE, and what goes wrong with it.
import assert from "node:assert/strict";
import { createHash, generateKeyPairSync, sign } from "node:crypto";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import { browser, put, Service, tab } from "./harness.mjs";

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

/** What the tab keeps of drafts. @param {import("playwright-core").Page} page */
const kept = (page) => page.evaluate(() => Object.entries(sessionStorage).filter(([key]) => key.startsWith("rewards.unsaved.")));

/** When it keeps nothing. @param {import("playwright-core").Page} page */
const keepsNothing = (page) => page.waitForFunction(() => !Object.keys(sessionStorage).some((key) => key.startsWith("rewards.unsaved.")));

/** A token of the issuer for somebody. @param {string} sub */
function of(sub) {
  const now = Math.floor(Date.now() / 1000);
  return token({ iss: issuer, sub, aud: "rewards", roles: ["manager"], iat: now, exp: now + 600 });
}

/**
 * Somebody writes a line into a new draft when the session ends. @param {string} note @param {string} line
 * @returns {Promise<Awaited<ReturnType<typeof tab>> & { id: string, dialogs: string[] }>}
 */
async function cutOff(note, line) {
  const { id, files } = await service.ask("POST", "/api/v1/rules", of("bob"), { note });
  const opened = await come({ roles: ["manager"] });
  const { page } = opened;
  /** @type {string[]} */ const dialogs = [];
  page.on("dialog", (dialog) => {
    dialogs.push(dialog.type());
    void dialog.accept();
  });
  await page.getByRole("link", { name: note }).first().click();
  await page.getByRole("heading", { level: 1, name: note }).waitFor();
  await put(page, "campaigns.yaml", `${line}\n${files["campaigns.yaml"]}`);
  await page.getByRole("button", { name: "Save", exact: true }).and(page.locator(":enabled")).waitFor();
  // The service takes the token no more: it is that of nobody.
  await page.route("**/api/v1/**", (route) => route.continue({ headers: { ...route.request().headers(), authorization: "Bearer a.b.c" } }));
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await page.getByRole("dialog", { name: "Sign in again" }).waitFor();
  await page.unroute("**/api/v1/**");
  return { ...opened, id, dialogs };
}

/** Signs in again at the issuer. @param {import("playwright-core").Page} page */
const again = (page) => page.getByRole("dialog", { name: "Sign in again" }).getByRole("button", { name: /^Sign in with 127/ }).click();

test("what was written when the session ended is there after signing in again at the issuer", async () => {
  const line = "# written before the end";
  const { page, id, dialogs, context } = await cutOff("Cut off", line);
  await again(page);
  await page.getByRole("status").getByText("Your unsaved changes are back.").waitFor();
  assert.equal(new URL(page.url()).pathname, `/admin/rules/${id}`);
  assert.match(await page.getByRole("textbox", { name: "campaigns.yaml" }).innerText(), new RegExp(line));
  // Nobody was asked whether to leave: nothing is lost by it. No token is kept with the text, and no other file.
  assert.deepEqual(dialogs, []);
  const [entry] = await kept(page);
  assert.deepEqual(Object.keys(JSON.parse(entry?.[1] ?? "{}").changed), ["campaigns.yaml"]);
  assert.doesNotMatch(entry?.[1] ?? "", /eyJ/);
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await page.getByText("version 2").waitFor();
  await page.getByText("Your unsaved changes are back.").waitFor({ state: "detached" });
  await keepsNothing(page);
  assert.match((await service.ask("GET", `/api/v1/rules/${id}`, of("ann"))).files["campaigns.yaml"], new RegExp(line));
  await context.close();
});

test("what comes back can be dropped, and goes with who signs out", async () => {
  const { page, context } = await cutOff("Dropped", "# not wanted");
  await again(page);
  await page.getByRole("button", { name: "Drop what is not saved" }).click();
  const field = page.getByRole("textbox", { name: "campaigns.yaml" });
  await field.getByText("# not wanted").waitFor({ state: "detached" });
  assert.ok(await page.getByRole("button", { name: "Save", exact: true }).isDisabled());
  await keepsNothing(page);
  const text = await field.innerText();
  await put(page, "campaigns.yaml", `# typed anew\n${text}`);
  await page.waitForFunction(() => Object.keys(sessionStorage).some((key) => key.startsWith("rewards.unsaved.")));
  await page.getByRole("button", { name: "Sign out ann" }).click();
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
  await keepsNothing(page);
  await context.close();
});

for (const [whose, taken, left] of /** @type {const} */ ([["mine", "# of ann", "# of bob"], ["theirs", "# of bob", "# of ann"]])) {
  test(`where somebody else changed the draft meanwhile, one says which to take: ${whose}`, async () => {
    const { page, id, context } = await cutOff(`Both wrote, ${whose}`, "# of ann");
    const { files } = await service.ask("GET", `/api/v1/rules/${id}`, of("bob"));
    const theirs = { ...files, "campaigns.yaml": `# of bob\n${files["campaigns.yaml"]}`, "program.yaml": `# bob, too\n${files["program.yaml"]}` };
    await fetch(`${service.url}/api/v1/rules/${id}`, { method: "PUT", headers: { authorization: `Bearer ${of("bob")}`, "content-type": "application/json", "if-match": '"1"' }, body: JSON.stringify({ files: theirs }) });
    await again(page);
    await page.getByRole("alert").getByText("This draft was changed by bob before you saved.").waitFor();
    const field = page.getByRole("textbox", { name: "campaigns.yaml" });
    // Theirs is shown until then, and yours waits for as long, also through a reload.
    await field.getByText("# of bob").waitFor();
    await page.reload();
    await page.getByRole("button", { name: `Take ${whose}` }).click();
    await field.getByText(taken).waitFor();
    assert.doesNotMatch(await field.innerText(), new RegExp(left));
    if (whose === "mine") {
      await page.getByRole("button", { name: "Save", exact: true }).click();
      await page.getByText("version 3").waitFor();
      const now = (await service.ask("GET", `/api/v1/rules/${id}`, of("ann"))).files;
      assert.match(now["campaigns.yaml"], /^# of ann/);
      assert.match(now["program.yaml"], /^# bob, too/);
    }
    await keepsNothing(page);
    await context.close();
  });
}

test("what was written in a draft that was withdrawn meanwhile is shown, to be copied or dropped", async () => {
  const { page, id, context } = await cutOff("Withdrawn meanwhile", "# too late");
  await fetch(`${service.url}/api/v1/rules/${id}`, { method: "PUT", headers: { authorization: `Bearer ${of("bob")}`, "content-type": "application/json", "if-match": '"1"' }, body: JSON.stringify({ withdraw: true }) });
  await again(page);
  await page.getByText("this draft cannot be changed any more").waitFor();
  await page.locator("summary", { hasText: "campaigns.yaml" }).click();
  await page.locator("details").getByText("# too late").waitFor();
  await page.getByRole("button", { name: "Drop it" }).click();
  await keepsNothing(page);
  await context.close();
});

test("the policy names the issuer", async () => {
  const answer = await fetch(`${service.url}/admin/`);
  assert.match(answer.headers.get("content-security-policy") ?? "", new RegExp(`connect-src 'self' ${issuer};`));
});
