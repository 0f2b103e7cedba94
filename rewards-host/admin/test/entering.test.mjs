// Signing in, what the page is served with, and the list of campaigns.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { browser, Service, signIn, tab } from "./harness.mjs";

/** @type {Service} */ let service;
/** @type {import("playwright-core").Browser} */ let chromium;

before(async () => {
  service = await new Service().started();
  chromium = await browser();
});
after(async () => {
  await chromium?.close();
  await service?.stop();
});

test("a token that is none, or of somebody else, does not come in", async () => {
  const { page, complaints, context } = await tab(chromium, service.url);
  await page.goto("/admin/");
  const enter = async (/** @type {string} */ token) => {
    await page.getByLabel("Token").fill(token);
    await page.getByRole("button", { name: "Sign in with the token" }).click();
  };
  await enter("hello");
  await page.getByRole("alert").getByText("This is no token").waitFor();
  await enter(service.token("alice", "user"));
  await page.getByRole("alert").getByText("for managers and admins").waitFor();
  // One that looks good and that the service refuses.
  await enter(`${service.token("ann", "manager").slice(0, -4)}AAAA`);
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
  await page.getByLabel("Token").waitFor();
  assert.deepEqual(complaints, []);
  await context.close();
});

test("a manager signs in, sees the campaigns, and signs out", async () => {
  const { page, complaints, context } = await tab(chromium, service.url);
  await signIn(page, service.token("ann", "manager"));
  await page.getByRole("heading", { level: 1, name: "Corner market" }).waitFor();
  await page.getByRole("link", { name: "Campaigns", exact: true }).click();
  const table = page.getByRole("table").first();
  for (const [name, state] of [["Bakery weeks", "active"], ["Winter soups", "scheduled"], ["Opening week", "ended"]]) {
    const row = table.getByRole("row").filter({ hasText: name ?? "" });
    assert.match(await row.innerText(), new RegExp(`\\b${state}\\b`), name);
  }
  await page.getByRole("button", { name: /^ended/ }).click();
  assert.equal(await table.getByRole("row").count(), 2);
  // A reload keeps who is signed in; signing out forgets it.
  await page.reload();
  await page.getByRole("heading", { level: 1, name: "Campaigns" }).waitFor();
  await page.getByRole("button", { name: "Sign out ann" }).click();
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
  assert.equal(await page.evaluate(() => sessionStorage.getItem("rewards.session")), null);
  assert.deepEqual(complaints, []);
  await context.close();
});

test("a campaign is paused with a reason, and resumed", async () => {
  const { page, complaints, context } = await tab(chromium, service.url);
  await signIn(page, service.token("ann", "manager"));
  await page.getByRole("link", { name: "Campaigns", exact: true }).click();
  const row = page.getByRole("row").filter({ hasText: "Bakery weeks" });
  await row.getByRole("button", { name: "Pause" }).click();
  await page.getByLabel("Reason").fill("the oven is broken");
  await page.getByRole("dialog").getByRole("button", { name: "Pause" }).click();
  await page.getByRole("dialog").waitFor({ state: "detached" });
  // It counts from some seconds on.
  const until = async (/** @type {string} */ name) => {
    for (let tries = 0; tries < 60 && !(await row.getByRole("button", { name }).isVisible()); tries += 1) {
      await page.reload();
      await row.waitFor();
    }
    await row.getByRole("button", { name }).waitFor();
  };
  await until("Resume");
  const resumed = page.waitForResponse((answer) => answer.request().method() === "DELETE");
  await row.getByRole("button", { name: "Resume" }).click();
  assert.equal((await resumed).status(), 200);
  await until("Pause");
  assert.deepEqual(complaints, []);
  await context.close();
});

test("a campaign that the rules themselves pause is said to be so, and is not offered to be resumed", async () => {
  const [ann, bob] = [service.token("ann", "manager"), service.token("bob", "manager")];
  const { id, files } = await service.ask("POST", "/api/v1/rules", ann, { note: "No big baskets in spring" });
  const paused = { ...files, "campaigns.yaml": `${files["campaigns.yaml"]}paused: [big-basket] # until other rules\n` };
  await fetch(`${service.url}/api/v1/rules/${id}`, { method: "PUT", headers: { authorization: `Bearer ${ann}`, "content-type": "application/json", "if-match": '"1"' }, body: JSON.stringify({ files: paused }) });
  await service.ask("POST", `/api/v1/rules/${id}/submit`, ann);
  await service.ask("POST", `/api/v1/rules/${id}/approve`, bob, { without_trial: "it is a pause" });
  await service.ask("POST", `/api/v1/rules/${id}/publish`, ann, {});
  const { page, complaints, context } = await tab(chromium, service.url);
  await signIn(page, ann);
  await page.getByRole("link", { name: "Campaigns", exact: true }).click();
  const row = page.getByRole("row").filter({ hasText: "Big basket" });
  /** Rules take force some seconds after they were published. @param {import("playwright-core").Locator} what */
  const until = async (what) => {
    for (let tries = 0; tries < 60 && !(await what.isVisible()); tries += 1) {
      await page.reload();
      await row.waitFor();
      await page.waitForLoadState("networkidle");
    }
    await what.waitFor();
  };
  await until(row.getByText("By the rules. Only other rules let it run"));
  assert.equal(await row.getByRole("button").count(), 0);
  // Paused by hand as well, that pause can end, and it is said that it changes nothing of the other.
  await service.ask("PUT", "/api/v1/campaigns/big-basket/pause", ann, { reason: "to be sure" });
  await until(row.getByText("By somebody and by the rules."));
  await row.getByRole("button", { name: "End the pause by hand" }).click();
  await page.getByRole("status").getByText("Big basket stays paused.").waitFor();
  await until(row.getByText("By the rules. Only other rules let it run"));
  // One that was paused by hand alone is resumed as ever.
  assert.equal(await page.getByRole("row").filter({ hasText: "Bakery weeks" }).getByRole("button", { name: "Pause" }).count(), 1);
  assert.deepEqual(complaints, []);
  await context.close();
});

test("the page comes compressed, is kept, and says a strict policy", async () => {
  const index = await fetch(`${service.url}/admin/members/m101`, { headers: { "accept-encoding": "gzip" } });
  assert.equal(index.headers.get("content-encoding"), "gzip");
  const policy = index.headers.get("content-security-policy") ?? "";
  assert.match(policy, /default-src 'none'/);
  assert.match(policy, /connect-src 'self';/);
  assert.doesNotMatch(policy, /unsafe-inline|'unsafe-eval'/);
  const tag = index.headers.get("etag") ?? "";
  const again = await fetch(`${service.url}/admin/`, { headers: { "accept-encoding": "gzip", "if-none-match": tag } });
  assert.equal(again.status, 304);
  const asset = /src="([^"]+\.js)"/.exec(await index.text())?.[1] ?? "";
  const script = await fetch(service.url + asset, { headers: { "accept-encoding": "br" } });
  assert.equal(script.headers.get("cache-control"), "public, max-age=31536000, immutable");
  assert.equal(script.headers.get("content-encoding"), "br");
  assert.equal((await fetch(`${service.url}/admin/assets/none.js`)).status, 404);
});

test("the first load is below 300 KB compressed", async () => {
  const { page, context } = await tab(chromium, service.url);
  const session = await context.newCDPSession(page);
  await session.send("Network.enable");
  let bytes = 0;
  session.on("Network.loadingFinished", ({ encodedDataLength }) => (bytes += encodedDataLength));
  await signIn(page, service.token("ann", "manager"));
  await page.getByRole("heading", { level: 1, name: "Corner market" }).waitFor();
  console.log(`first load: ${(bytes / 1024).toFixed(1)} KB of 300`);
  assert.ok(bytes > 0 && bytes < 300 * 1024, `${bytes} bytes`);
  await context.close();
});
