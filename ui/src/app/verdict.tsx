// Whether an explanation is to be used: many tests at once, so only when somebody asks.

import { useEffect } from "preact/hooks";
import type { Figure } from "../figure";
import { FigureView } from "../figures/part";
import type { Api } from "./api";
import type { Shown } from "./explained";
import { Progress } from "./progress";
import { useWork } from "./use_work";

export function Verdict({ api, shown }: { api: Api; shown: Shown }) {
  const work = useWork<Figure>();
  const run = () =>
    work.start(async (tell, signal) => {
      const job = await api.work("verdict", { explanation: shown.id }, tell, signal);
      return onlyNew(await api.figure(job.id), shown.figure);
    });
  useEffect(run, [shown.id]);
  return (
    <div class="panel verdict">
      <h3>Is it to be trusted?</h3>
      <Progress work={work} what="Testing the explanation" onAgain={run} />
      {work.now.state === "done" && <FigureView figure={work.now.value} head={false} />}
    </div>
  );
}

/** A figure without the parts that stand in another one already. */
function onlyNew(figure: Figure, known: Figure): Figure {
  const seen = new Set(known.parts.map((part) => JSON.stringify(part)));
  return { ...figure, parts: figure.parts.filter((part) => !seen.has(JSON.stringify(part))) };
}
