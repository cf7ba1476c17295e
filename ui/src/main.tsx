// The bundle's one entry: it makes the figures of a page live, and runs the app where the page is one.

import "./style.css";
import { startApp } from "./app/app";
import type { Figure } from "./figure";
import { enliven } from "./page";

function start(): void {
  const app = document.getElementById("pellucid-app");
  if (app) return startApp(app);
  const data = document.getElementById("pellucid-figure");
  if (data?.textContent) enliven(document, JSON.parse(data.textContent) as Figure);
}

if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
else start();
