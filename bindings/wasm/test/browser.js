// A page of a real browser with the package in it: Chromium by playwright-core, files from a server of its own.

import { createReadStream, existsSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { chromium } from "playwright-core";

import { root } from "./read.js";

const TYPES = { ".html": "text/html", ".js": "text/javascript", ".json": "application/json", ".wasm": "application/wasm", ".csv": "text/csv" };
/** As strict as a page with WebAssembly can be. */
const POLICY = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'; worker-src 'self'";
const PAGE = "<!doctype html><meta charset=utf-8><link rel=icon href=data:,><title>rewards-wasm</title>";

/** Serves the repository, and an empty page at `/`. */
function serve() {
  const server = createServer((request, response) => {
    const path = normalize(decodeURIComponent(new URL(request.url, "http://localhost").pathname));
    const headers = { "content-security-policy": POLICY, "cache-control": "no-store" };
    if (path === "/") return response.writeHead(200, { ...headers, "content-type": "text/html" }).end(PAGE);
    const file = join(root, path);
    if (!existsSync(file) || !statSync(file).isFile()) return response.writeHead(404, headers).end();
    response.writeHead(200, { ...headers, "content-type": TYPES[extname(file)] ?? "application/octet-stream" });
    return createReadStream(file).pipe(response);
  });
  return new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(server)));
}

/** Where Chromium is. */
export function executable() {
  const found = [process.env.CHROMIUM, "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find((path) => path && existsSync(path));
  if (!found) throw new Error("Chromium was not found; CHROMIUM names it (Debian: apt-get install chromium)");
  return found;
}

/** Opens the browser. What a page writes to its console as an error, or throws, is in `wrong`. */
export async function open() {
  const server = await serve();
  const browser = await chromium.launch({ executablePath: executable(), args: ["--no-sandbox"] });
  const wrong = [];
  return {
    wrong,
    address: `http://127.0.0.1:${server.address().port}/`,
    async page() {
      const context = await browser.newContext();
      const page = await context.newPage();
      page.on("pageerror", (error) => wrong.push(String(error)));
      page.on("console", (message) => message.type() === "error" && wrong.push(message.text()));
      await page.goto(this.address);
      return page;
    },
    version: browser.version(),
    async close() {
      await browser.close();
      server.close();
    },
  };
}
