// A service on an embedded store of its own with a program whose campaigns run now, purchases of the last weeks, and a real
// browser. Every request of a page is watched: to another origin, or a complaint of the policy, fails the test.
import { spawn, execFileSync } from "node:child_process";
import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";

const day = 86_400_000;
const rewards = process.env["REWARDS"] ?? join(import.meta.dirname, "../../../target/debug/rewards");

/** A local day so many days from now. @param {number} days */
export const dayFromNow = (days) => new Date(Date.now() + days * day).toISOString().slice(0, 10);

/** Rules with campaigns of each state. */
export const rules = () => ({
  "program.yaml": `program: corner-market
name: Corner market
currency: EUR
timezone: Europe/Berlin
base:
  - {id: fresh, when: 'tx.category in ["fruit", "bakery"]', rate: 2%}
  - {id: shelf, rate: 0.5%}
tiers:
  window: calendar_year
  levels:
    - {id: guest, min_spending: 0}
    - {id: regular, min_spending: 300.00, bonus: {rate: 0.25%}}
    - {id: friend, min_spending: 900.00, bonus: {multiplier: 1.5}, points_multiplier: 2, upgrade_points: 200, benefits: [free_delivery]}
points:
  earn: {points: 1, per: 1.00}
  expires_after: 12 months
redemption:
  options:
    - {id: credit, type: statement_credit, value: {points: 100, cash: 1.00}, min_points: 100}
caps:
  budget: 900.00
`,
  "campaigns.yaml": `campaigns:
  - campaign: bakery-weeks
    name: Bakery weeks
    type: percentage
    priority: 10
    active: {from: ${dayFromNow(-45)}, to: ${dayFromNow(45)}}
    when: tx.category == "bakery"
    reward: {rate: 5%}
    funded_by: miller-and-sons
    caps: {per_transaction: 4.00, budget: 260.00}
  - campaign: big-basket
    name: Big basket
    type: fixed
    priority: 20
    min_transaction: 60.00
    reward: {fixed: 1.50}
    caps: {budget: 90.00}
  - campaign: double-fruit
    name: Double points for fruit
    type: points
    active: {from: ${dayFromNow(-45)}}
    when: tx.category == "fruit"
    reward: {points_multiplier: 2}
  - campaign: winter-soups
    name: Winter soups
    type: percentage
    active: {from: ${dayFromNow(20)}, to: ${dayFromNow(50)}}
    when: tx.category == "soup"
    reward: {rate: 3%}
    caps: {budget: 500.00}
  - campaign: opening
    name: Opening week
    type: fixed
    active: {from: ${dayFromNow(-400)}, to: ${dayFromNow(-390)}}
    reward: {fixed: 1.00}
`,
  "corner-market.test.yaml": `tests:
  - name: fresh food brings two percent
    transaction: {id: t1, amount: 20.00, currency: EUR, category: fruit, occurred_at: "2026-03-02T10:00:00+01:00"}
    expect: {base: "0.40"}
`,
});

/** Purchases of the last forty days, the same in every run but for their dates. */
export function purchases() {
  const categories = ["fruit", "bakery", "soup", "household"];
  let seed = 20_260_301;
  const next = () => (seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648) / 2_147_483_648;
  const items = [];
  for (let at = 0; at < 600; at += 1) {
    const member = `m${String(101 + Math.floor(next() ** 2 * 24))}`;
    const amount = (2 + next() ** 3 * 90).toFixed(2);
    const category = categories[Math.floor(next() * categories.length)];
    const occurred = new Date(Date.now() - 40 * day + (at / 600) * 40 * day - 60_000).toISOString();
    items.push({ user_id: member, transaction: { id: `p${at}`, amount, currency: "EUR", category, merchant: "market-1", occurred_at: occurred } });
  }
  return items;
}

export class Service {
  /** @type {import("node:child_process").ChildProcess} */ process;
  /** @type {string} */ url = "";
  /** @type {string} */ folder;

  /** @param {Record<string, string>} [environment] */
  constructor(environment = {}) {
    this.folder = mkdtempSync(join(tmpdir(), "rewards-admin-"));
    mkdirSync(join(this.folder, "rules"));
    for (const [path, text] of Object.entries(rules())) writeFileSync(join(this.folder, "rules", path), text);
    // Whatever this machine has set up, the test keeps to a folder of its own.
    const kept = Object.entries(process.env).filter(([name]) => !/^(DATABASE_URL|DB_|REDIS_|JWT_|JWKS_|MASTER_KEY|REWARDS_|PORT$|HOST$|ADMIN_)/.test(name));
    this.environment = { ...Object.fromEntries(kept), RATE_LIMITS: "off", ...environment };
    const options = ["serve", "--data", this.data, "--rules", join(this.folder, "rules"), "--port", "0", "--log-level", "warn"];
    this.process = spawn(rewards, options, { env: this.environment, stdio: ["ignore", "pipe", "inherit"] });
  }

  get data() {
    return join(this.folder, "data");
  }

  /** When it listens. */
  async started() {
    const out = this.process.stdout;
    if (!out) throw new Error("the service has no output");
    for await (const chunk of out) {
      const found = /listens on (\S+)/.exec(String(chunk));
      if (found?.[1]) {
        this.url = found[1];
        return this;
      }
    }
    throw new Error("the service ended before it listened");
  }

  /** @param {string} sub @param {string[]} roles */
  token(sub, ...roles) {
    const named = roles.flatMap((role) => ["--role", role]);
    return execFileSync(rewards, ["token", "--data", this.data, "--sub", sub, ...named], { env: this.environment, encoding: "utf8" }).trim();
  }

  /** @param {string} method @param {string} path @param {string} token @param {unknown} [body] @returns {Promise<any>} */
  async ask(method, path, token, body) {
    const answer = await fetch(this.url + path, {
      method,
      headers: { authorization: `Bearer ${token}`, ...(body === undefined ? {} : { "content-type": "application/json" }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const told = await answer.json();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(told)}`);
    return told;
  }

  /** Posts the purchases. */
  async seed() {
    const token = this.token("till", "service");
    const all = purchases();
    for (let at = 0; at < all.length; at += 200) {
      const { items } = await this.ask("POST", "/api/v1/cashback/calculate/batch", token, { items: all.slice(at, at + 200) });
      const refused = items.find((/** @type {any} */ item) => item.status !== 200);
      if (refused) throw new Error(`a purchase was refused: ${JSON.stringify(refused)}`);
    }
  }

  async stop() {
    const ended = new Promise((resolve) => this.process.once("exit", resolve));
    this.process.kill("SIGTERM");
    await ended;
    rmSync(this.folder, { recursive: true, force: true });
  }
}

export async function browser() {
  const executablePath = process.env["CHROMIUM"] ?? "/usr/bin/chromium";
  return await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu"] });
}

/**
 * A tab of somebody's own. `complaints` has what must not happen: errors of the page, and requests to other origins.
 * @param {import("playwright-core").Browser} browser
 * @param {string} url
 * @param {import("playwright-core").BrowserContextOptions} [options]
 */
export async function tab(browser, url, options = {}) {
  const context = await browser.newContext({ locale: "en-GB", timezoneId: "Europe/Berlin", baseURL: url, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  /** @type {string[]} */
  const complaints = [];
  page.on("pageerror", (error) => complaints.push(`error: ${error.message}`));
  page.on("console", (line) => {
    // The browser itself notes each answer that is no success; tests bring some about.
    if (line.type() === "error" && !line.text().startsWith("Failed to load resource")) complaints.push(`console: ${line.text()}`);
  });
  page.on("request", (request) => {
    const to = new URL(request.url());
    if (to.origin !== new URL(url).origin && !["data:", "blob:"].includes(to.protocol)) complaints.push(`asked ${to.origin}`);
  });
  return { page, context, complaints };
}

/** @param {import("playwright-core").Page} page @param {string} token */
export async function signIn(page, token) {
  await page.goto("/admin/");
  await page.getByLabel("Token").fill(token);
  await page.getByRole("button", { name: "Sign in with the token" }).click();
  await page.getByRole("navigation", { name: "Pages" }).waitFor();
}

/**
 * Puts a text into a file in the editor, in place of what is there.
 * @param {import("playwright-core").Page} page @param {string} path @param {string} text
 */
export async function put(page, path, text) {
  await page.getByRole("group", { name: "Files" }).getByRole("button", { name: new RegExp(`^${path}`) }).click();
  const field = page.getByRole("textbox", { name: path });
  const isEditor = await field.evaluate((of) => of.classList.contains("cm-content"));
  if (!isEditor) throw new Error("the editor is not CodeMirror, but the plain field");
  // Pasted: what the browser itself writes into an editable element it gives a style, which the policy refuses.
  await field.press("Control+a");
  await field.evaluate((of, text) => {
    const clipboardData = new DataTransfer();
    clipboardData.setData("text/plain", text);
    of.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
  }, text);
}
