// How the page is built: files with a hash of their content in their names, each beside its compressed forms, so that the
// service has nothing to compress while it runs.
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { defineConfig, type Plugin } from "vite";

const proxy = { "^/(api|openapi.json|admin/config.json)": process.env["REWARDS_URL"] ?? "http://127.0.0.1:3009" };
const target = "dist";
/** Smaller files gain nothing. */
const least = 512;

/** Empties the folder but for the file that keeps it in the repository. */
function emptied(): Plugin {
  return {
    name: "emptied",
    apply: "build",
    buildStart() {
      for (const name of readdirSync(target)) {
        if (!name.startsWith(".")) rmSync(join(target, name), { recursive: true });
      }
    },
  };
}

function compressed(): Plugin {
  const visit = (folder: string): void => {
    for (const name of readdirSync(folder)) {
      const path = join(folder, name);
      if (statSync(path).isDirectory()) visit(path);
      else if (!name.startsWith(".") && !/\.(br|gz)$/.test(name) && statSync(path).size >= least) {
        const bytes = readFileSync(path);
        const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length };
        writeFileSync(`${path}.br`, brotliCompressSync(bytes, { params }));
        writeFileSync(`${path}.gz`, gzipSync(bytes, { level: 9 }));
      }
    }
  };
  return { name: "compressed", apply: "build", closeBundle: () => visit(target) };
}

/**
 * The engine for the browser, where `make wasm` has built it. Without it the page is built as well: its editor is a plain
 * text field then, and it has no preview while one writes.
 */
function engine(): Plugin {
  const built = resolve(import.meta.dirname, "../../bindings/wasm/pkg");
  const isBuilt = existsSync(join(built, "client.js"));
  const none = "\0no-engine";
  return {
    name: "engine",
    enforce: "pre",
    buildStart() {
      if (!isBuilt) this.warn("bindings/wasm/pkg is not built (`make wasm`): the page will have no editor with help, and no preview");
    },
    resolveId(id) {
      const name = /^rewards-wasm(?:\/(\w+))?$/.exec(id);
      if (!name) return null;
      return isBuilt ? join(built, `${name[1] ?? "index"}.js`) : none;
    },
    load: (id) => (id === none ? "throw new Error(\"this page was built without the engine\"); export const RewardsWorker = undefined;" : null),
  };
}

export default defineConfig({
  base: "/admin/",
  plugins: [emptied(), engine(), compressed()],
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    outDir: target,
    emptyOutDir: false,
    // A picture inside of a style sheet would need `data:` where the policy has none.
    assetsInlineLimit: 0,
    target: "es2022",
    // Every supported browser knows `modulepreload`.
    modulePreload: { polyfill: false },
  },
  worker: { format: "es" },
  // `npm run dev` and `npm run preview` show the page without building the service anew; it has to run.
  server: { proxy },
  preview: { proxy },
});
