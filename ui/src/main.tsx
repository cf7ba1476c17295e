// The bundle's one entry: it makes the figures of a page live, and runs the app where the page is one.

import "./style.css";
import { startApp } from "./app/app";
import { letGo } from "./cursor";
import type { SentFigure } from "./opened";
import { enliven } from "./page";
import { showTip } from "./parts/tip";

function start(): void {
  addEventListener("keydown", (event) => event.key === "Escape" && (letGo(), showTip(null)));
  const app = document.getElementById("pellucid-app");
  if (app) return startApp(app);
  const data = document.getElementById("pellucid-figure");
  if (data?.textContent) void enliven(document, JSON.parse(data.textContent) as SentFigure);
}

if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
else start();
