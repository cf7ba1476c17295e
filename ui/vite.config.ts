import { defineConfig } from "vite";

// One file of script and one of styles, which Python puts into reports, notebooks and the app as they are.
export default defineConfig({
  build: {
    outDir: "../src/pellucid/view/assets",
    emptyOutDir: true,
    target: "es2022",
    cssCodeSplit: false,
    lib: { entry: "src/main.tsx", name: "pellucid", formats: ["iife"], fileName: () => "pellucid.js", cssFileName: "pellucid" },
  },
});
