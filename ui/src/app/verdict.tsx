// Whether an explanation is to be used: many tests at once, so only when somebody asks.

import { useEffect } from "preact/hooks";
import type { Figure } from "../figure";
import { FigureView } from "../figures/part";
import type { Api } from "./api";
import type { Shown } from "./explained";
import { Progress } from "./progress";
import { useWork } from "./use_work";

/** `known`: what is drawn beside it already. */
export function Verdict({ api, shown, known }: { api: Api; shown: Shown; known: Figure }) {
  const work = useWork<Figure>();
  const run = () =>
    work.start(async (tell, signal) => {
      const job = await api.work("verdict", { explanation: shown.id }, tell, signal);
      return api.figure(job.id);
    });
  useEffect(run, [shown.id]);
  return (
    <div class="panel verdict">
      <h3>Is it to be trusted?</h3>
      <Progress work={work} what="Testing the explanation" onAgain={run} />
      {work.now.state === "done" && <FigureView figure={onlyNew(work.now.value, known)} head={false} />}
    </div>
  );
}

/** A figure without the parts that stand in another one already. */
function onlyNew(figure: Figure, known: Figure): Figure {
  const seen = new Set(known.parts.map((part) => JSON.stringify(part)));
  return { ...figure, parts: figure.parts.filter((part) => !seen.has(JSON.stringify(part))) };
}
