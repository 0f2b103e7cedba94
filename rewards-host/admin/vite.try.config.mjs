import base from "/work/wt-wasm/rewards-host/admin/vite.config.ts";
export default { ...base, root: "/work/wt-wasm/rewards-host/admin", cacheDir: "/tmp/vite-try", plugins: base.plugins.slice(1,2), server: { fs: { strict: false }, port: 5199, host: "127.0.0.1" } };
