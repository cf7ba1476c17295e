import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { defineConfig, type Plugin } from "vite";

// What a build is made from; tests/laws/test_bundle.py reckons the same number, so that a stale bundle is noticed
// where there is no Node.
const MADE_FROM = ["package-lock.json", "tsconfig.json", "vite.config.ts"];

function sources(): string {
  const inside = readdirSync("src", { recursive: true, withFileTypes: true });
  const files = inside.filter((entry) => entry.isFile()).map((entry) => `${entry.parentPath}/${entry.name}`.replaceAll("\\", "/"));
  const hash = createHash("sha256");
  for (const file of [...files, ...MADE_FROM].sort()) hash.update(`${file}\0`).update(readFileSync(file)).update("\0");
  return hash.digest("hex");
}

const stamped: Plugin = {
  name: "sources",
  generateBundle() {
    this.emitFile({ type: "asset", fileName: "sources.sha256", source: `${sources()}\n` });
  },
};

// One file of script and one of styles, which Python puts into reports, notebooks and the app as they are.
export default defineConfig({
  plugins: [stamped],
  build: {
    outDir: "../src/pellucid/view/assets",
    emptyOutDir: false, // the files have always the same names, and others may be reading them
    target: "es2022",
    cssCodeSplit: false,
    lib: { entry: "src/main.tsx", name: "pellucid", formats: ["iife"], fileName: () => "pellucid.js", cssFileName: "pellucid" },
  },
});
