// Help for a member, and reports: what is shown is what the service has, to the cent.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { browser, Service, signIn, tab } from "./harness.mjs";

/** @type {Service} */ let service;
/** @type {import("playwright-core").Browser} */ let chromium;
/** @type {Awaited<ReturnType<typeof tab>>} */ let ann;

before(async () => {
  service = await new Service().started();
  await service.seed();
  chromium = await browser();
  ann = await tab(chromium, service.url, { acceptDownloads: true });
  await signIn(ann.page, service.token("ann", "manager"));
});
after(async () => {
  await chromium?.close();
  await service?.stop();
});

/** The number of points that can be spent, by the service. */
async function available() {
  const { programs } = await service.ask("GET", "/api/v1/rewards/m101", service.token("ann", "manager"));
  return programs[0].available;
}

test("a member's balance and a purchase's derivation are those of the service", async () => {
  const { page } = ann;
  await page.getByRole("link", { name: "Members", exact: true }).click();
  await page.getByLabel("Member").fill("m101");
  await page.getByRole("button", { name: "Show" }).click();
  await page.getByRole("heading", { level: 1, name: "m101" }).waitFor();
  const shown = page.locator("dl.figures > div").filter({ hasText: "Points available" });
  assert.equal((await shown.locator("dd").first().innerText()).replaceAll(",", ""), await available());
  const first = page.locator("tbody .place").first();
  const id = await first.innerText();
  await first.click();
  const waterfall = page.getByRole("region", { name: "How the amount came about" });
  await waterfall.waitFor();
  const outcome = await service.ask("GET", `/api/v1/cashback/outcomes/${id}`, service.token("ann", "manager"));
  assert.match(await waterfall.getByRole("listitem").filter({ hasText: "Total" }).innerText(), new RegExp(`Total\\s+€${outcome.totals.total}`));
  // A campaign that has not begun says so.
  const soups = page.locator(".why-not li").filter({ hasText: "winter-soups" });
  assert.match(await soups.innerText(), /it does not run at this time/);
});

test("a refund is shown as what it took back", async () => {
  const { page } = ann;
  const token = service.token("till", "service");
  const at = (/** @type {number} */ ago) => new Date(Date.now() - ago).toISOString();
  const transaction = { id: "apples", amount: "20.00", currency: "EUR", category: "fruit", merchant: "market-1", occurred_at: at(40_000) };
  await service.ask("POST", "/api/v1/cashback/calculate", token, { user_id: "m101", transaction });
  const { totals, components } = await service.ask("POST", "/api/v1/cashback/apples/refunds", token, { id: "apples-back", amount: "10.00", occurred_at: at(20_000) });
  await page.reload();
  await page.getByRole("button", { name: "apples-back" }).click();
  await page.getByText("refund of apples").waitFor();
  const waterfall = page.getByRole("region", { name: "How the amount came about" });
  const legs = await waterfall.getByRole("listitem").allInnerTexts();
  const fresh = components.find((/** @type {any} */ one) => one.id === "fresh");
  assert.match(legs[0] ?? "", new RegExp(`^fresh\\s*base rule\\s+taken back[\\s\\S]*-€${fresh.rounded.slice(1)}$`));
  assert.match(legs.find((leg) => leg.startsWith("Total")) ?? "", new RegExp(`-€${totals.total.slice(1)}$`));
});

test("points are adjusted once, with a reason that the history keeps", async () => {
  const { page } = ann;
  const before = Number(await available());
  await page.getByRole("button", { name: "Adjust points" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Points", { exact: true }).fill("25");
  await dialog.getByLabel("Reason").fill("a parcel that came late");
  await dialog.getByRole("button", { name: "Adjust" }).click();
  await dialog.waitFor({ state: "detached" });
  assert.equal(Number(await available()), before + 25);
  await page.getByRole("tab", { name: "History" }).click();
  await page.getByText("a parcel that came late, by ann").waitFor();
  // More than one may give alone waits for another.
  await page.getByRole("button", { name: "Adjust points" }).click();
  await dialog.getByLabel("Points", { exact: true }).fill("20000");
  await dialog.getByLabel("Reason").fill("far too many");
  await dialog.getByRole("button", { name: "Adjust" }).click();
  await dialog.waitFor({ state: "detached" });
  assert.equal(Number(await available()), before + 25);
  const other = await tab(chromium, service.url);
  await signIn(other.page, service.token("bob", "manager"));
  await other.page.getByRole("link", { name: "Members", exact: true }).click();
  const row = other.page.getByRole("row").filter({ hasText: "far too many" });
  await row.getByRole("button", { name: "Approve" }).click();
  await other.page.getByText("None waits.").waitFor();
  assert.equal(Number(await available()), before + 20_025);
  await other.context.close();
});

test("points that are not there cannot be taken, and the page says so", async () => {
  const { page } = ann;
  await page.goto("/admin/members/m900");
  await page.getByText("There is no member m900").waitFor();
  await page.goto("/admin/members/m102");
  await page.getByRole("button", { name: "Adjust points" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Take").check();
  await dialog.getByLabel("Points", { exact: true }).fill("9999");
  await dialog.getByLabel("Reason").fill("a mistake");
  await dialog.getByRole("button", { name: "Adjust" }).click();
  await dialog.getByRole("alert").waitFor();
  await dialog.getByRole("button", { name: "Cancel" }).click();
});

test("a report adds up, and its file has the same numbers", async () => {
  const { page } = ann;
  await page.getByRole("link", { name: "Analytics", exact: true }).click();
  await page.getByRole("region", { name: /^Cost by day/ }).waitFor();
  const download = page.waitForEvent("download");
  await page.getByRole("region", { name: /^Cost by day/ }).getByRole("button", { name: "CSV" }).click();
  const file = await download;
  assert.equal(file.suggestedFilename(), "cost-by-day.csv");
  const [header = "", ...rows] = readFileSync(await file.path(), "utf8").trim().split("\r\n");
  const at = header.split(",").indexOf("total");
  const cents = rows.reduce((sum, row) => sum + Math.round(Number(row.split(",")[at]) * 100), 0);
  const { items } = await service.ask("GET", "/api/v1/analytics/totals?by=month", service.token("ann", "manager"));
  const due = items.reduce((/** @type {number} */ sum, /** @type {any} */ one) => sum + Math.round(Number(one.total) * 100), 0);
  assert.ok(due > 0);
  assert.equal(cents, due);
  const shown = page.locator("dl.figures > div").filter({ hasText: "Granted" }).locator("dd").first();
  assert.equal((await shown.innerText()).replace(/[€,]/g, ""), (due / 100).toFixed(2));
});

test("nothing was asked elsewhere, and the policy held", () => {
  assert.deepEqual(ann.complaints, []);
});
