// Every page for everybody: axe finds nothing in light and dark, nothing is wider than a phone, and all of it can be reached
// and used by keyboard alone.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";
import { browser, Service, signIn, tab } from "./harness.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** @type {Service} */ let service;
/** @type {import("playwright-core").Browser} */ let chromium;
/** @type {string} */ let token;
/** @type {string} */ let draft;
/** @type {string} */ let submitted;
/** @type {string} */ let changed;

before(async () => {
  service = await new Service().started();
  await service.seed();
  token = service.token("ann", "manager", "admin");
  draft = (await service.ask("POST", "/api/v1/rules", token, { note: "Something new" })).id;
  const bob = service.token("bob", "manager");
  submitted = (await service.ask("POST", "/api/v1/rules", bob, { note: "For somebody else to approve" })).id;
  await service.ask("POST", `/api/v1/rules/${submitted}/submit`, bob);
  const begun = await service.ask("POST", "/api/v1/rules", token, { note: "Written by two" });
  changed = begun.id;
  await fetch(`${service.url}/api/v1/rules/${changed}`, { method: "PUT", headers: { authorization: `Bearer ${bob}`, "content-type": "application/json", "if-match": '"1"' }, body: JSON.stringify({ files: { ...begun.files, "more.yaml": "campaigns: []\n" } }) });
  chromium = await browser();
});
after(async () => {
  await chromium?.close();
  await service?.stop();
});

/** @typedef {import("playwright-core").Page} Page */
/** As if somebody had written over a version of the draft and not saved. @param {Page} page @param {number} version @param {string} told */
async function unsaved(page, version, told) {
  const kept = JSON.stringify({ version, by: "ann", changed: { "campaigns.yaml": "# mine\ncampaigns: []\n" } });
  await page.evaluate(([id, kept]) => sessionStorage.setItem(`rewards.unsaved.${id}`, kept ?? ""), [changed, kept]);
  await page.reload();
  await page.getByText(told).waitFor();
}

/** @type {() => [string, string, ((page: Page) => Promise<unknown>)?][]} */
const pages = () => [
  ["overview", "/admin/"],
  ["campaigns", "/admin/campaigns"],
  ["rules", "/admin/rules", (page) => page.getByRole("button", { name: "Changes" }).first().click()],
  ["new draft", "/admin/rules?new", (page) => page.getByRole("dialog").waitFor()],
  ["draft", `/admin/rules/${draft}`, (page) => page.getByText("1 test").first().waitFor()],
  ["to be approved", `/admin/rules/${submitted}`, (page) => page.getByLabel("Why it is approved without a trial").waitFor()],
  ["unsaved, to be decided", `/admin/rules/${changed}`, (page) => unsaved(page, 1, "This draft was changed by bob")],
  ["unsaved, given back", `/admin/rules/${changed}`, (page) => unsaved(page, 2, "Your unsaved changes are back.")],
  ["last 30 days", `/admin/rules/${draft}`, async (page) => {
    await page.getByRole("tab", { name: "Last 30 days" }).click();
    await page.getByText("By rule").waitFor();
  }],
  ["preview of a purchase", `/admin/rules/${draft}`, async (page) => {
    await page.locator(".preview-table .place").first().click();
    await page.getByRole("region", { name: "Graph of the rules" }).locator("svg").waitFor();
  }],
  ["who did what", `/admin/rules/${draft}`, (page) => page.getByRole("tab", { name: "Who did what" }).click()],
  ["members", "/admin/members"],
  ["member", "/admin/members/m101", async (page) => {
    await page.locator("tbody .place").first().click();
    await page.getByText("What brought nothing").waitFor();
  }],
  ["lots", "/admin/members/m101", (page) => page.getByRole("tab", { name: "Points by expiry" }).click()],
  ["history", "/admin/members/m101", (page) => page.getByRole("tab", { name: "History" }).click()],
  ["adjust", "/admin/members/m101", (page) => page.getByRole("button", { name: "Adjust points" }).click()],
  ["nobody", "/admin/members/nobody"],
  ["cost", "/admin/analytics", (page) => page.locator(".chart canvas").nth(1).waitFor()],
  ["campaigns' return", "/admin/analytics", (page) => page.getByRole("tab", { name: "Campaigns" }).click()],
  ["liability", "/admin/analytics", (page) => page.getByRole("tab", { name: "Liability" }).click()],
  ["breakage", "/admin/analytics", (page) => page.getByRole("tab", { name: "Breakage" }).click()],
  ["nothing", "/admin/nothing"],
];

/** What axe has against a page. @param {Page} page @returns {Promise<string[]>} */
async function violations(page) {
  // By the browser's own tools: the policy lets no script in through the page.
  const session = await page.context().newCDPSession(page);
  await session.send("Runtime.evaluate", { expression: axe });
  const { result } = await session.send("Runtime.evaluate", {
    expression: `axe.run(document, { resultTypes: ["violations"] }).then(({ violations }) => JSON.stringify(violations.map((one) => one.id + ": " + one.help + " at " + one.nodes.map((node) => node.target.join(" ")).slice(0, 3).join(", "))))`,
    awaitPromise: true,
    returnByValue: true,
  });
  await session.detach();
  return JSON.parse(result.value);
}

for (const colorScheme of /** @type {const} */ (["light", "dark"])) {
  test(`axe finds nothing on any page, ${colorScheme}`, async () => {
    const { page, complaints, context } = await tab(chromium, service.url, { colorScheme, reducedMotion: "reduce" });
    /** @type {string[]} */ const found = [];
    await page.goto("/admin/");
    await page.getByLabel("Token").waitFor();
    for (const one of await violations(page)) found.push(`sign in: ${one}`);
    await signIn(page, token);
    for (const [name, path, then] of pages()) {
      await page.goto(path);
      await page.getByRole("heading", { level: 1 }).waitFor();
      await then?.(page);
      await page.waitForLoadState("networkidle");
      for (const one of await violations(page)) found.push(`${name}: ${one}`);
    }
    assert.deepEqual(found, []);
    assert.deepEqual(complaints, []);
    await context.close();
  });
}

test("no page is wider than a phone", async () => {
  const { page, context } = await tab(chromium, service.url, { viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true });
  await signIn(page, token);
  for (const [name, path, then] of pages()) {
    await page.goto(path);
    await page.getByRole("heading", { level: 1 }).waitFor();
    await then?.(page);
    await page.waitForLoadState("networkidle");
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    assert.equal(wide, 0, `${name} is ${wide} pixels too wide`);
  }
  await context.close();
});

test("the keyboard alone signs in, writes a draft, saves and submits it", async () => {
  const { page, context, complaints } = await tab(chromium, service.url);
  /** What has the focus, also within a shadow root: its label, or its words. */
  const focused = () => page.evaluate(() => {
    let at = document.activeElement;
    while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
    const label = at instanceof HTMLInputElement ? at.labels?.[0]?.textContent : undefined;
    return (at?.getAttribute("aria-label") ?? label ?? at?.textContent ?? "").trim();
  });
  /** Presses a key until something is reached. @param {string | RegExp} words */
  const reach = async (words, key = "Tab") => {
    for (let presses = 0; presses < 120; presses += 1) {
      await page.keyboard.press(key);
      const now = await focused();
      if (typeof words === "string" ? now === words : words.test(now)) return;
    }
    throw new Error(`${words} is not reached by the keyboard`);
  };
  /** @param {string} name */
  const heading = (name) => page.getByRole("heading", { level: 1, name }).waitFor();
  await page.goto("/admin/");
  await page.getByLabel("Token").waitFor();
  await reach("Token");
  await page.keyboard.type(token);
  await page.keyboard.press("Enter");
  await heading("Corner market");
  await reach("Rules", "Shift+Tab");
  await page.keyboard.press("Enter");
  await heading("Rules");
  await reach("New draft");
  await page.keyboard.press("Enter");
  await page.getByRole("dialog").waitFor();
  assert.equal(await page.evaluate(() => document.activeElement?.tagName), "INPUT");
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
  assert.equal(await focused(), "New draft");
  await reach("Something new");
  await page.keyboard.press("Enter");
  await heading("Something new");
  await page.getByText("The engine finds nothing wrong.").waitFor();
  // Into the editor and out of it again, on both sides.
  const text = /^Text of /;
  await reach(text);
  await page.keyboard.press("Control+Home");
  await page.keyboard.type("#");
  await page.keyboard.press("Enter");
  await page.keyboard.press("Tab");
  assert.doesNotMatch(await focused(), text);
  await reach(text, "Shift+Tab");
  await page.keyboard.press("Shift+Tab");
  assert.doesNotMatch(await focused(), text);
  await reach("Save", "Shift+Tab");
  await page.keyboard.press("Enter");
  await page.getByText("version 2").waitFor();
  const { files } = await service.ask("GET", `/api/v1/rules/${draft}`, token);
  assert.ok(Object.values(files).some((file) => String(file).startsWith("#\n")));
  // Tabs are gone through by arrows.
  await reach(/^Rules/);
  await page.keyboard.press("ArrowRight");
  assert.equal(await focused(), "Changes");
  await page.keyboard.press("End");
  await page.getByRole("tabpanel", { name: "Who did what" }).waitFor();
  await reach("Submit for review", "Shift+Tab");
  await page.keyboard.press("Enter");
  await page.getByText("in review").first().waitFor();
  assert.equal((await service.ask("GET", `/api/v1/rules/${draft}`, token)).state, "in_review");
  assert.deepEqual(complaints, []);
  await context.close();
});

test("what is waited for moves, and not for who wants less motion", async () => {
  for (const [reducedMotion, due] of /** @type {const} */ ([["no-preference", true], ["reduce", false]])) {
    const { page, context } = await tab(chromium, service.url, { reducedMotion });
    await signIn(page, token);
    /** @type {() => void} */ let letGo = () => undefined;
    const held = new Promise((resolve) => (letGo = () => resolve(undefined)));
    await page.route("**/api/v1/campaigns**", async (route) => {
      await held;
      await route.continue();
    });
    await page.getByRole("link", { name: "Campaigns", exact: true }).click();
    await page.locator(".waiting").first().waitFor();
    assert.equal((await page.evaluate(() => document.getAnimations().length)) > 0, due, reducedMotion);
    letGo();
    await page.getByText("Bakery weeks").first().waitFor();
    await context.close();
  }
});
