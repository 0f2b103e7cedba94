// A change of rules from its first letter to being law, and back: two people, two browsers, one ledger.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { browser, put, Service, signIn, tab } from "./harness.mjs";

/** @type {Service} */ let service;
/** @type {import("playwright-core").Browser} */ let chromium;
/** @type {Awaited<ReturnType<typeof tab>>} */ let ann;
/** @type {Awaited<ReturnType<typeof tab>>} */ let bob;

before(async () => {
  service = await new Service().started();
  await service.seed();
  chromium = await browser();
  [ann, bob] = [await tab(chromium, service.url), await tab(chromium, service.url)];
  await signIn(ann.page, service.token("ann", "manager"));
  await signIn(bob.page, service.token("bob", "admin"));
});
after(async () => {
  await chromium?.close();
  await service?.stop();
});

/**
 * Writes in the editor: all of a file anew, made of what is saved.
 * @param {import("playwright-core").Page} page @param {string} path @param {(text: string) => string} change
 */
async function write(page, path, change) {
  const id = new URL(page.url()).pathname.split("/").at(-1);
  const { files } = await service.ask("GET", `/api/v1/rules/${id}`, service.token("ann", "manager"));
  await put(page, path, change(files[path]));
}

/** A step of the gate. @param {import("playwright-core").Page} page @param {string} name */
const step = (page, name) => page.getByRole("region", { name: "Before it can be published" }).getByRole("listitem").filter({ hasText: name });

/** What bakery for 20.00 brings at an instant. @param {string} at @param {string} id */
async function bakery(at, id) {
  const body = { user_id: "m900", transaction: { id, amount: "20.00", currency: "EUR", category: "bakery", occurred_at: at } };
  return (await service.ask("POST", "/api/v1/cashback/calculate", service.token("till", "service"), body)).totals.campaign;
}

/** The latest publication. */
async function latest() {
  const { items } = await service.ask("GET", "/api/v1/rules?kind=publications", service.token("ann", "manager"));
  return items[0];
}

test("a mistake is found, and stops the draft", async () => {
  const { page } = ann;
  await page.getByRole("link", { name: "Rules", exact: true }).click();
  await page.getByRole("button", { name: "New draft" }).click();
  await page.getByLabel("What it is for").fill("Bakery pays seven percent");
  await page.getByRole("button", { name: "Begin" }).click();
  await page.getByRole("heading", { level: 1, name: "Bakery pays seven percent" }).waitFor();
  await step(page, "No errors").getByText("(met)").waitFor();
  await write(page, "campaigns.yaml", (text) => text.replace('tx.category == "bakery"', "tx.categroy == 7"));
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await step(page, "No errors").getByText("(not met)").waitFor();
  // Under the very words that are wrong, and they say why.
  const squiggle = page.locator(".cm-lintRange-error");
  await squiggle.first().waitFor();
  assert.deepEqual(await squiggle.allInnerTexts(), ["tx.categroy"]);
  const line = await squiggle.evaluate((of) => [of.closest(".cm-line")?.textContent, getComputedStyle(of).textDecorationStyle]);
  assert.deepEqual(line, ["    when: tx.categroy == 7", "wavy"]);
  await squiggle.hover();
  const said = page.locator(".cm-tooltip .cm-diagnostic-error");
  await said.waitFor();
  assert.match(await said.innerText(), /tx\.categroy[\s\S]*category/);
  const finding = page.getByRole("region", { name: "Findings" }).getByRole("listitem").first();
  assert.match(await finding.innerText(), /tx\.categroy[\s\S]*category/);
  // It leads to the place.
  await finding.getByRole("button", { name: /^campaigns\.yaml:\d+:\d+$/ }).click();
  await page.getByRole("button", { name: "Submit for review" }).click();
  await page.getByRole("alert").filter({ hasText: "errors" }).waitFor();
});

test("a test that fails is shown with what it expected", async () => {
  const { page } = ann;
  await write(page, "campaigns.yaml", (text) => text.replace("tx.categroy == 7", 'tx.category == "bakery"').replace("rate: 5%", "rate: 7%"));
  // What was mended is underlined no more.
  await page.getByText("The engine finds nothing wrong.").waitFor();
  assert.equal(await page.locator(".cm-lintRange-error").count(), 0);
  await write(page, "program.yaml", (text) => text.replace("rate: 2%}", "rate: 3%}"));
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await step(page, "Tests pass").getByText("(not met)").waitFor();
  await page.getByRole("region", { name: "Tests" }).getByText("expected 0.40").waitFor();
  await write(page, "program.yaml", (text) => text.replace("rate: 3%}", "rate: 2%}"));
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await step(page, "Tests pass").getByText("(met)").waitFor();
});

/** What the preview shows under a name. @param {import("playwright-core").Page} page @param {string} name */
const figure = (page, name) => page.getByRole("region", { name: "Preview" }).locator(".preview-figures > div").filter({ has: page.getByText(name, { exact: true }) }).locator("dd");
/** @param {string} text */
const cents = (text) => Math.round(Number(text.replace(/[€,+]/g, "")) * 100);

test("the preview shows what recent purchases bring as the rules are written", async () => {
  const { page } = ann;
  const preview = page.getByRole("region", { name: "Preview" });
  await preview.getByText("recent purchases, without names, and 1 purchase of the rules’ own tests").waitFor();
  const shown = async () => (await Promise.all(["In force", "As written", "Difference"].map((name) => figure(page, name).innerText()))).map(cents);
  const [inForce = 0, asWritten = 0, difference = 0] = await shown();
  assert.ok(inForce > 0 && difference > 0);
  assert.equal(asWritten - inForce, difference);
  await preview.locator(".preview-table .place").filter({ hasText: "bakery" }).first().click();
  const full = preview.getByRole("region", { name: /^In full: bakery/ });
  const [was, is] = [full.getByRole("region", { name: "In force", exact: true }), full.getByRole("region", { name: "As written", exact: true })];
  const leg = (/** @type {typeof was} */ of) => of.locator(".leg").filter({ hasText: "bakery-weeks" }).first();
  await leg(was).getByText("× 5 %").waitFor();
  await leg(is).getByText("× 7 %").waitFor();
  for (const of of [was, is]) await of.locator(".why-not li").filter({ hasText: "winter-soups" }).getByText("it does not run at this time").waitFor();
  // The graph is lit where the purchase came by.
  const graph = full.getByRole("region", { name: "Graph of the rules" }).locator("svg");
  assert.match((await graph.locator("g.lit, g.cut").allTextContents()).join(" "), /bakery-weeks/);
  assert.match((await graph.locator("g.dark").allTextContents()).join(" "), /winter-soups/);
  // At once, and with nothing saved.
  await write(page, "campaigns.yaml", (text) => text.replace("rate: 7%", "rate: 9%"));
  await leg(is).getByText("× 9 %").waitFor();
  await leg(was).getByText("× 5 %").waitFor();
  const [still, more = 0, further = 0] = await shown();
  assert.equal(still, inForce);
  assert.ok(further > difference);
  assert.equal(more - inForce, further);
  await write(page, "campaigns.yaml", (text) => text);
  await leg(is).getByText("× 7 %").waitFor();
  assert.deepEqual(await shown(), [inForce, asWritten, difference]);
  await full.getByRole("button", { name: "Close" }).click();
});

/** The middle of the first place where words stand in a line of the editor. @param {import("playwright-core").Locator} line @param {string} words */
const placeOf = (line, words) => line.evaluate((of, words) => {
  const walk = document.createTreeWalker(of, NodeFilter.SHOW_TEXT);
  const range = document.createRange();
  const at = (of.textContent ?? "").indexOf(words) + 1;
  let before = 0;
  for (let node = walk.nextNode(); node; node = walk.nextNode()) {
    const length = node.textContent?.length ?? 0;
    if (before + length > at) {
      range.setStart(node, at - before);
      range.setEnd(node, at - before + 1);
      break;
    }
    before += length;
  }
  const { x, y, width, height } = range.getBoundingClientRect();
  return { x: x + width / 2, y: y + height / 2 };
}, words);

test("what is typed is completed and explained, and the form and the text are one", async () => {
  const { page } = ann;
  const code = page.getByRole("textbox", { name: "Text of campaigns.yaml" });
  const line = code.locator(".cm-line").filter({ hasText: "when: tx.category ==" }).last();
  await line.scrollIntoViewIfNeeded();
  await line.click();
  await page.keyboard.press("End");
  // As fast as the browser takes it: no letter is lost.
  await page.keyboard.type(" and tx.amo");
  const entry = page.locator(".cm-tooltip-autocomplete li[aria-selected]");
  await entry.getByText("amount").first().waitFor();
  // The editor takes no key for an answer that comes within 75 ms of its list: it was meant for the text.
  await page.waitForTimeout(200);
  await page.keyboard.press("Enter");
  await code.getByText('tx.category == "soup" and tx.amount').waitFor();
  const { x, y } = await placeOf(line, "tx.category");
  await page.mouse.move(x, y, { steps: 4 });
  await page.locator(".cm-tooltip .told").getByText("category").first().waitFor();
  await page.mouse.move(0, 0);
  // The form writes the text.
  const form = page.getByRole("form", { name: "Campaign" });
  const rate = form.getByLabel("Rate", { exact: true });
  assert.equal(await rate.inputValue(), "7%");
  await rate.fill("8%");
  await code.getByText("rate: 8%").waitFor();
  // The text fills the form.
  await write(page, "campaigns.yaml", (text) => text.replace("rate: 7%", "rate: 6%"));
  await code.getByText("rate: 6%").waitFor();
  for (let tries = 0; tries < 200 && (await rate.inputValue()) !== "6%"; tries += 1) await page.waitForTimeout(50);
  assert.equal(await rate.inputValue(), "6%");
  assert.deepEqual(ann.complaints, []);
  await write(page, "campaigns.yaml", (text) => text);
});

test("what it changes is told in words, and what it costs on the last thirty days", async () => {
  const { page } = ann;
  await page.getByRole("tab", { name: "Changes" }).click();
  await page.getByRole("tabpanel", { name: "Changes" }).getByText("campaign bakery-weeks: rate 5 % → 7 %").waitFor();
  await page.getByRole("tab", { name: "Last 30 days" }).click();
  const rules = page.getByRole("table", { name: "" }).filter({ hasText: "bakery-weeks" }).first();
  await rules.waitFor();
  assert.match(await rules.getByRole("row").filter({ hasText: "bakery-weeks" }).first().innerText(), /\+€\d/);
  await step(page, "Tried on 30 days").getByText("(met)").waitFor();
});

test("who wrote it cannot approve it; somebody else can, and publishes it", async () => {
  const { page } = ann;
  await page.getByRole("button", { name: "Submit for review" }).click();
  await page.getByText("not by you: you took part").waitFor();
  assert.ok(await page.getByRole("button", { name: "Approve" }).isDisabled());
  const other = bob.page;
  await other.reload();
  await other.getByRole("link", { name: "Bakery pays seven percent" }).click();
  // Who approves sees that it was tried, and what came of it.
  await step(other, "Tried on 30 days").getByText(/^by ann: \+\d/).waitFor();
  await other.getByRole("button", { name: "Approve" }).click();
  await other.getByRole("button", { name: "Publish", exact: true }).click();
  await other.getByRole("dialog").getByRole("button", { name: "Publish" }).click();
  await other.getByRole("heading", { level: 1, name: "Rules" }).waitFor();
  const published = await latest();
  assert.deepEqual([published.author, published.approved_by], ["bob", "bob"]);
  const last = new Date(new Date(published.in_force_from).getTime() - 1).toISOString();
  assert.equal(await bakery(last, "b1"), "1.00");
  assert.equal(await bakery(published.in_force_from, "b2"), "1.40");
});

test("what nobody tried is approved after a trial, or by who says to do without", async () => {
  const [anns, other] = [service.token("ann", "manager"), bob.page];
  /** A draft of ann's in review, whose latest version nobody tried: the one before was. @param {string} note */
  const untried = async (note) => {
    const { id, files } = await service.ask("POST", "/api/v1/rules", anns, { note });
    await service.ask("POST", `/api/v1/rules/${id}/impact`, anns, { days: 30 });
    const changed = { ...files, "campaigns.yaml": files["campaigns.yaml"].replace("fixed: 1.50", "fixed: 2.00") };
    await fetch(`${service.url}/api/v1/rules/${id}`, { method: "PUT", headers: { authorization: `Bearer ${anns}`, "content-type": "application/json", "if-match": '"1"' }, body: JSON.stringify({ files: changed }) });
    await service.ask("POST", `/api/v1/rules/${id}/submit`, anns);
    // A trial on a day is none on thirty.
    await service.ask("POST", `/api/v1/rules/${id}/impact`, anns, { days: 1 });
    await other.goto(`/admin/rules/${id}`);
    await other.getByRole("heading", { level: 1, name: note }).waitFor();
    await step(other, "Tried on 30 days").getByText("(open)").waitFor();
    await step(other, "Approved by another").getByText("not before it was tried").waitFor();
  };
  const approve = other.getByRole("button", { name: "Approve" });
  const without = other.getByLabel("Why it is approved without a trial");

  await untried("Baskets, tried late");
  assert.ok(await approve.isDisabled());
  await other.getByRole("button", { name: "Try it now" }).press("Enter");
  await other.getByRole("tabpanel", { name: "Last 30 days" }).getByText("By rule").waitFor();
  assert.equal(await other.evaluate(() => document.activeElement?.textContent), "Last 30 days");
  await step(other, "Tried on 30 days").getByText("(met)").waitFor();
  assert.equal(await without.count(), 0);
  await approve.click();
  await other.getByRole("button", { name: "Publish", exact: true }).waitFor();

  await untried("Baskets, never tried");
  assert.ok(await approve.isDisabled());
  await without.fill(" ");
  assert.ok(await approve.isDisabled());
  await without.fill("nothing was bought yet");
  await step(other, "Tried on 30 days").getByText("you do without").waitFor();
  await approve.click();
  await other.getByRole("button", { name: "Publish", exact: true }).waitFor();
  await other.getByRole("tab", { name: "Who did what" }).click();
  await other.getByRole("tabpanel", { name: "Who did what" }).getByText("nothing was bought yet").waitFor();
});

test("one click puts the earlier rules in force again", async () => {
  const { page } = ann;
  await page.getByRole("link", { name: "Rules", exact: true }).click();
  const entry = (/** @type {string} */ note) => page.getByRole("listitem").filter({ hasText: note });
  // Rules take force some seconds after they were published.
  const first = entry("for the first time");
  for (let tries = 0; tries < 60 && !(await first.getByRole("button", { name: "Roll back to this" }).isVisible()); tries += 1) {
    await page.reload();
    await first.getByRole("button", { name: "Changes" }).waitFor();
  }
  await entry("Bakery pays seven percent").getByRole("button", { name: "Changes" }).click();
  await entry("Bakery pays seven percent").getByText("rate 5 % → 7 %").waitFor();
  await first.getByRole("button", { name: "Roll back to this" }).click();
  await page.getByRole("dialog").getByText("rate 7 % → 5 %").waitFor();
  await page.getByRole("dialog").getByRole("button", { name: "Put in force again" }).click();
  await entry("back to:").waitFor();
  const back = await latest();
  assert.equal(back.author, "ann");
  assert.equal(await bakery(back.in_force_from, "b3"), "1.00");
});

test("what somebody else changed meanwhile is not overwritten", async () => {
  const { page } = ann;
  await page.getByRole("button", { name: "New draft" }).click();
  await page.getByLabel("What it is for").fill("Fruit pays more");
  await page.getByRole("button", { name: "Begin" }).click();
  await page.getByRole("heading", { level: 1, name: "Fruit pays more" }).waitFor();
  const other = bob.page;
  await other.goto(page.url());
  await other.getByRole("heading", { level: 1, name: "Fruit pays more" }).waitFor();
  await write(other, "campaigns.yaml", (text) => text.replace("1.50", "2.50"));
  await other.getByRole("button", { name: "Save", exact: true }).click();
  await other.getByText("version 2").waitFor();
  await write(page, "campaigns.yaml", (text) => text.replace("2.50", "3.50"));
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await page.getByRole("alert").filter({ hasText: "Somebody else changed this draft" }).waitFor();
  await page.getByRole("button", { name: "Reload their version" }).click();
  await page.getByText("version 2").waitFor();
  await page.getByRole("tab", { name: "Changes" }).click();
  await page.getByRole("tabpanel", { name: "Changes" }).getByText("1.50 → 2.50").waitFor();
});

test("a trial that was under way when a version was saved counts for nothing", async () => {
  const { page } = ann;
  const { id } = await service.ask("POST", "/api/v1/rules", service.token("ann", "manager"), { note: "Saved during a trial" });
  await page.goto(`/admin/rules/${id}`);
  await page.getByRole("heading", { level: 1, name: "Saved during a trial" }).waitFor();
  await write(page, "campaigns.yaml", (text) => text.replace("fixed: 1.50", "fixed: 4.50"));
  let asked = 0;
  /** @type {() => void} */ let letGo = () => undefined;
  const held = new Promise((resolve) => (letGo = () => resolve(undefined)));
  await page.route("**/impact", async (route) => {
    asked += 1;
    const response = await route.fetch();
    await held;
    await route.fulfill({ response });
  });
  const first = page.waitForRequest("**/impact");
  await page.getByRole("tab", { name: "Last 30 days" }).click();
  await first;
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await page.getByText("version 2").waitFor();
  letGo();
  await step(page, "Tried on 30 days").getByText("(met)").waitFor();
  assert.equal(asked, 2);
  await page.unroute("**/impact");
});

test("a session that ends is told, and what was written outlives it", async () => {
  const { page } = ann;
  await page.getByRole("link", { name: "Rules", exact: true }).click();
  await page.getByRole("button", { name: "New draft" }).click();
  await page.getByLabel("What it is for").fill("Written when the session ended");
  await page.getByRole("button", { name: "Begin" }).click();
  await page.getByRole("heading", { level: 1, name: "Written when the session ended" }).waitFor();
  await write(page, "campaigns.yaml", (text) => `${text}# written before the end\n`);
  // The service takes the token no more: it is that of nobody.
  await page.route("**/api/v1/**", (route) => route.continue({ headers: { ...route.request().headers(), authorization: "Bearer a.b.c" } }));
  await page.getByRole("button", { name: "Save", exact: true }).click();
  const again = page.getByRole("dialog", { name: "Sign in again" });
  await again.getByText("Your session has ended").waitFor();
  await page.unroute("**/api/v1/**");
  await again.getByLabel("Token").fill(service.token("ann", "manager"));
  await again.getByRole("button", { name: "Sign in with the token" }).click();
  await again.waitFor({ state: "detached" });
  assert.match(await page.getByRole("textbox", { name: "campaigns.yaml" }).innerText(), /# written before the end/);
  const saved = page.waitForResponse((response) => response.request().method() !== "GET" && response.url().includes("/api/v1/rules/") && response.ok());
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await saved;
  const id = new URL(page.url()).pathname.split("/").at(-1);
  const { files } = await service.ask("GET", `/api/v1/rules/${id}`, service.token("ann", "manager"));
  assert.match(files["campaigns.yaml"], /# written before the end/);
});

test("nothing was asked elsewhere, and the policy held", () => {
  assert.deepEqual([...ann.complaints, ...bob.complaints], []);
});
