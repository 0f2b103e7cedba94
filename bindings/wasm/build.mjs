// Builds the package into pkg/: the engine for WebAssembly, its glue, and the TypeScript around it.
//
// Needs cargo with the target wasm32-unknown-unknown, and `npm ci`. The tool wasm-bindgen, in the very version of the
// library, is installed below target/tools if it is not there. With `--types` only the TypeScript is built.

import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, "../..");
const target = "wasm32-unknown-unknown";
const tools = join(root, "target/tools");
const cargo = process.env.CARGO ?? "cargo";

/** At most this much may be sent for the engine, compressed as every browser takes it: by Brotli. */
const MAX_COMPRESSED = 800 * 1024;

function run(command, given, options = {}) {
  return execFileSync(command, given, { cwd: root, stdio: ["ignore", "inherit", "inherit"], ...options });
}

function output(command, given) {
  return execFileSync(command, given, { cwd: root, encoding: "utf8" }).trim();
}

function stop(message) {
  console.error(`error: ${message}`);
  process.exit(1);
}

/** The standard library for the target, without which nothing can be built. */
function needTarget() {
  // Who builds with `-Zbuild-std` brings the library along (docs/wasm.md).
  if ((process.env.WASM_CARGO_FLAGS ?? "").includes("build-std")) return;
  const sysroot = output(process.env.RUSTC ?? "rustc", ["--print", "sysroot"]);
  if (!existsSync(join(sysroot, "lib/rustlib", target, "lib"))) {
    stop(`Rust's standard library for ${target} is not installed: \`rustup target add ${target}\`. Where rustup cannot get it, docs/wasm.md says how to build with Debian's.`);
  }
}

/** wasm-bindgen in the version of the library in Cargo.lock. */
function wasmBindgen() {
  const lock = readFileSync(join(root, "Cargo.lock"), "utf8");
  const version = /name = "wasm-bindgen"\nversion = "([^"]+)"/.exec(lock)?.[1] ?? stop("Cargo.lock has no wasm-bindgen");
  const tool = join(tools, "bin/wasm-bindgen");
  if (!existsSync(tool) || !output(tool, ["--version"]).endsWith(` ${version}`)) {
    const env = { ...process.env, CARGO_PROFILE_DEV_DEBUG: "0" };
    for (const name of ["RUSTC", "RUSTC_BOOTSTRAP"]) delete env[name];
    const install = ["install", "wasm-bindgen-cli", "--version", version, "--debug", "--force", "--root", tools, "--target-dir", "target/tools-build"];
    try {
      run(cargo, [...install, "--locked"], { env });
    } catch {
      // A registry that has not yet what its lock file names has other versions that fit.
      run(cargo, install, { env });
    }
    rmSync(join(root, "target/tools-build"), { recursive: true, force: true });
  }
  return tool;
}

function engine() {
  needTarget();
  const flags = (process.env.WASM_CARGO_FLAGS ?? "").split(" ").filter(Boolean);
  run(cargo, ["build", "--locked", "--package", "rewards-wasm", "--lib", "--profile", "wasm", "--target", target, ...flags]);
  const glue = join(here, "ts/engine");
  rmSync(glue, { recursive: true, force: true });
  run(wasmBindgen(), [join(root, "target", target, "wasm/rewards_wasm.wasm"), "--target", "web", "--out-dir", glue, "--remove-producers-section", "--remove-name-section"]);
  const wasm = join(glue, "rewards_wasm_bg.wasm");
  // What rustc takes for granted of every engine since 2022.
  const features = ["bulk-memory", "mutable-globals", "nontrapping-float-to-int", "reference-types", "sign-ext", "multivalue"];
  const optimiser = join(here, "node_modules/binaryen/bin/wasm-opt");
  // Not `-Os`: what it leaves is 7 % smaller and, compressed, 8 % larger. What stands twice goes.
  const passes = ["--duplicate-function-elimination", "--dae-optimizing", "--vacuum", "--strip-debug", "--strip-producers"];
  run(process.execPath, [optimiser, wasm, "-o", wasm, ...features.map((f) => `--enable-${f}`), ...passes]);
}

function typescript() {
  const pkg = join(here, "pkg");
  rmSync(pkg, { recursive: true, force: true });
  run(process.execPath, [join(here, "node_modules/typescript/bin/tsc"), "--project", join(here, "tsconfig.json")]);
  mkdirSync(join(pkg, "engine"), { recursive: true });
  for (const file of ["rewards_wasm.js", "rewards_wasm.d.ts", "rewards_wasm_bg.wasm"]) {
    copyFileSync(join(here, "ts/engine", file), join(pkg, "engine", file));
  }
  const { name, version, description, license } = JSON.parse(readFileSync(join(here, "package.json"), "utf8"));
  const entry = (file) => ({ types: `./${file}.d.ts`, default: `./${file}.js` });
  const published = {
    name, version, description, license,
    type: "module",
    sideEffects: ["./worker.js"],
    exports: {
      ".": entry("index"),
      "./client": entry("client"),
      "./worker": entry("worker"),
      "./engine/rewards_wasm_bg.wasm": "./engine/rewards_wasm_bg.wasm",
    },
    types: "./index.d.ts",
  };
  writeFileSync(join(pkg, "package.json"), `${JSON.stringify(published, null, 2)}\n`);
  copyFileSync(join(here, "README.md"), join(pkg, "README.md"));
  for (const file of ["LICENSE-APACHE", "LICENSE-MIT"]) copyFileSync(join(root, file), join(pkg, file));
}

function size() {
  const wasm = join(here, "pkg/engine/rewards_wasm_bg.wasm");
  const bytes = readFileSync(wasm);
  const brotli = brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length } }).length;
  const gzip = gzipSync(bytes, { level: 9 }).length;
  const kb = (n) => `${(n / 1024).toFixed(0)} KB`;
  console.log(`rewards_wasm_bg.wasm: ${kb(statSync(wasm).size)}, gzip ${kb(gzip)}, brotli ${kb(brotli)}`);
  if (brotli > MAX_COMPRESSED) stop(`the engine is larger than ${kb(MAX_COMPRESSED)} compressed`);
}

if (!process.argv.includes("--types")) engine();
typescript();
size();
