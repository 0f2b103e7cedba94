// Pictures of every page: light, dark, and on a phone. `npm run shots` writes them to test/shots, those of docs/admin.md to
// docs/admin; `npm run shots member` those of one page.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { browser, Service, signIn, tab } from "./harness.mjs";

const folder = join(import.meta.dirname, "shots");
mkdirSync(folder, { recursive: true });
const documents = join(import.meta.dirname, "../../../docs/admin");
const shown = ["overview-light", "draft-light", "impact-light", "member-dark", "cost-light", "campaigns-light", "rules-light"];
const service = await new Service().started();
await service.seed();
const ann = service.token("ann", "manager", "admin");
const bob = service.token("bob", "manager");
const draft = await service.ask("POST", "/api/v1/rules", ann, { note: "Bakery pays seven percent, big baskets two euros" });
const files = { ...draft.files, "campaigns.yaml": draft.files["campaigns.yaml"].replace("rate: 5%", "rate: 7%").replace("fixed: 1.50", "fixed: 2.00") };
await fetch(`${service.url}/api/v1/rules/${draft.id}`, { method: "PUT", headers: { authorization: `Bearer ${ann}`, "content-type": "application/json", "if-match": '"1"' }, body: JSON.stringify({ files }) });
await service.ask("POST", `/api/v1/rules/${draft.id}/submit`, ann);
const second = await service.ask("POST", "/api/v1/rules", bob, { note: "A week of soups in January" });
const broken = { ...second.files, "campaigns.yaml": second.files["campaigns.yaml"].replace('tx.category == "soup"', 'tx.categroy == "soup"') };
await fetch(`${service.url}/api/v1/rules/${second.id}`, { method: "PUT", headers: { authorization: `Bearer ${bob}`, "content-type": "application/json", "if-match": '"1"' }, body: JSON.stringify({ files: broken }) });

// With PREVIEW, the page that `vite build` made in that folder, and not the one in the service.
let url = service.url;
if (process.env["PREVIEW"]) {
  const { preview } = await import("vite");
  process.env["REWARDS_URL"] = service.url;
  const server = await preview({ build: { outDir: process.env["PREVIEW"] }, preview: { port: 0, proxy: { "^/(api|admin/config.json)": service.url } } });
  url = (server.resolvedUrls?.local[0] ?? "").replace(/\/admin\/$/, "");
}

const chromium = await browser();
const looks = /** @type {const} */ ([
  ["light", { colorScheme: "light", viewport: { width: 1280, height: 860 } }],
  ["dark", { colorScheme: "dark", viewport: { width: 1280, height: 860 } }],
  ["phone", { colorScheme: "light", viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true }],
]);
const only = process.argv[2];
for (const [look, options] of looks) {
  const { page, complaints, context } = await tab(chromium, url, { ...options, reducedMotion: "reduce" });
  const shoot = async (/** @type {string} */ name) => {
    await page.waitForLoadState("networkidle");
    await page.screenshot({ path: join(folder, `${name}-${look}.png`), fullPage: true });
    if (name === "member") await page.locator(".opened").scrollIntoViewIfNeeded();
    if (shown.includes(`${name}-${look}`)) await page.screenshot({ path: join(documents, `${name}-${look}.png`) });
  };
  /** @type {[string, string, ((p: typeof page) => Promise<void>)?][]} */
  const pages = [
    ["overview", "/admin/"],
    ["campaigns", "/admin/campaigns"],
    ["rules", "/admin/rules", async (page) => page.getByRole("button", { name: "Changes" }).first().click()],
    ["draft", `/admin/rules/${second.id}`],
    ["impact", `/admin/rules/${draft.id}`, async (page) => {
      await page.getByRole("tab", { name: "Last 30 days" }).click();
      await page.getByText("By rule").waitFor();
    }],
    ["members", "/admin/members"],
    ["member", "/admin/members/m101", async (page) => {
      await page.locator("tbody .place").nth(1).click();
      await page.getByText("What brought nothing").waitFor();
    }],
    ["lots", "/admin/members/m101", async (page) => page.getByRole("tab", { name: "Points by expiry" }).click()],
    ["history", "/admin/members/m101", async (page) => page.getByRole("tab", { name: "History" }).click()],
    ["adjust", "/admin/members/m101", async (page) => page.getByRole("button", { name: "Adjust points" }).click()],
    ["cost", "/admin/analytics"],
    ["returns", "/admin/analytics", async (page) => page.getByRole("tab", { name: "Campaigns" }).click()],
    ["liability", "/admin/analytics", async (page) => page.getByRole("tab", { name: "Liability" }).click()],
  ];
  await page.goto("/admin/");
  await page.getByLabel("Token").waitFor();
  await shoot("sign-in");
  await signIn(page, ann);
  for (const [name, path, then] of pages) {
    if (only && only !== name) continue;
    await page.goto(path);
    await page.getByRole("heading", { level: 1 }).waitFor();
    await page.waitForLoadState("networkidle");
    if (then) await then(page);
    await shoot(name);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    if (wide > 0) console.log(`${name} ${look}: ${wide} px too wide`);
  }
  for (const complaint of new Set(complaints)) console.log(`${look}: ${complaint}`);
  await context.close();
}
await chromium.close();
await service.stop();
process.exit(0);
