// Loading the engine: once, from wherever the program runs.

import { initSync } from "./engine/rewards_wasm.js";
import { errorOf, nowStarted } from "./error.js";

let started: Promise<void> | undefined;

/**
 * Loads the engine; to be awaited before anything else is called, and free after the first time. Without an argument it
 * finds `rewards_wasm_bg.wasm` beside its own module; a page that keeps it elsewhere gives its address, or its bytes, or
 * the compiled module.
 */
export function init(from?: string | URL | BufferSource | WebAssembly.Module): Promise<void> {
  started ??= start(from).then(nowStarted).catch((thrown: unknown) => {
    started = undefined;
    throw errorOf(thrown);
  });
  return started;
}

async function start(from?: string | URL | BufferSource | WebAssembly.Module): Promise<void> {
  if (from instanceof WebAssembly.Module) {
    initSync({ module: from });
    return;
  }
  const given = typeof from === "string" || from instanceof URL ? undefined : from;
  const source = given ?? (await bytesOfEngine(from as string | URL | undefined));
  const module = source instanceof Response ? await compiled(source) : await WebAssembly.compile(source);
  initSync({ module });
}

/**
 * The engine's bytes, from an address or beside this module; bundlers see the file by this spelling. From a file, as in
 * Node, Deno and Bun, they are read, since `fetch` does not know files.
 */
async function bytesOfEngine(from?: string | URL): Promise<Response | BufferSource> {
  const address = from ?? new URL("./engine/rewards_wasm_bg.wasm", import.meta.url);
  if (!import.meta.url.startsWith("file:") || /^https?:/.test(String(address))) return fetch(address);
  const files = "node:fs/promises";
  const { readFile } = (await import(/* @vite-ignore */ files)) as typeof import("node:fs/promises");
  return new Uint8Array(await readFile(address));
}

/** Compiles while it comes in, if the server calls it `application/wasm`. */
async function compiled(response: Response): Promise<WebAssembly.Module> {
  if (!response.ok) throw new Error(`${response.url} answered ${response.status}`);
  const type = response.headers.get("content-type") ?? "";
  if (type.startsWith("application/wasm")) return WebAssembly.compileStreaming(response);
  return WebAssembly.compile(await response.arrayBuffer());
}
