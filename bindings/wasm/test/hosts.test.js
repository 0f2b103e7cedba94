// The blocks of docs/hosts.md that JavaScript can run, and the command's: each gives the line at the top of the page.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";

import * as rewards from "../pkg/index.js";
import { open } from "./browser.js";
import { pack, root } from "./read.js";

const page = readFileSync(join(root, "docs/hosts.md"), "utf8");
const due = /<!-- outcome -->\n```json\n(.*)\n```/.exec(page)?.[1];
const block = (host) => {
  const [, text] = new RegExp(`\`\`\`\\w+ host=${host}\\n([^]*?)\n\`\`\``).exec(page) ?? assert.fail(`docs/hosts.md has no block for ${host}`);
  return text;
};

/** The block for JavaScript as a function of its package, its files and its console. */
const body = block("js").replace(/^import .*\n/, "");
const AsyncFunction = (async () => {}).constructor;

test("the block for JavaScript, in Node", async () => {
  const written = [];
  const { compile, init } = rewards;
  await new AsyncFunction("compile", "init", "files", "console", body)(compile, init, pack("everyday-card"), { log: (line) => written.push(line) });
  assert.deepEqual(written, [due]);
});

test("the block for JavaScript, in Chromium", async () => {
  const browser = await open();
  try {
    const page = await browser.page();
    // As a module of the page's own, since its policy evaluates no text.
    await page.route("**/block.js", (route) => route.fulfill({
      contentType: "text/javascript",
      body: `import { compile, init } from "/bindings/wasm/pkg/index.js";\nexport async function run(files, console) {\n${body}\n}`,
    }));
    const written = await page.evaluate(async (files) => {
      const written = [];
      await (await import("/block.js")).run(files, { log: (line) => written.push(line) });
      return written;
    }, pack("everyday-card"));
    assert.deepEqual(written, [due]);
    assert.deepEqual(browser.wrong, []);
  } finally {
    await browser.close();
  }
});

const command = join(root, "target/debug/rewards");
test("the block for the command", { skip: existsSync(command) ? false : "target/debug/rewards is not built" }, () => {
  const folder = mkdtempSync(join(tmpdir(), "rewards-"));
  try {
    const env = { ...process.env, PATH: `${join(root, "target/debug")}:${process.env.PATH}` };
    const script = block("command").replace("rules/everyday-card", join(root, "rules/everyday-card"));
    assert.equal(execFileSync("sh", ["-e", "-c", script], { cwd: folder, env, encoding: "utf8" }), `${due}\n`);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
