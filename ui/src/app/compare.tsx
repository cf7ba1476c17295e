// Two methods by numbers: what metrics say of each, and what each costs.

import { useEffect } from "preact/hooks";
import type { Figure } from "../figure";
import { FigureView } from "../figures/part";
import type { Api } from "./api";
import { Progress } from "./progress";
import { compareBody } from "./requests";
import type { Question } from "./state";
import { useWork } from "./use_work";

export function Comparison({ api, question, onMeasured }: { api: Api; question: Question; onMeasured: (measured: boolean) => void }) {
  const wanted = question.measured;
  return (
    <section class="card comparison live">
      <div class="row">
        <h2>{question.by} beside {question.second}</h2>
        <button type="button" aria-pressed={wanted} onClick={() => onMeasured(!wanted)}>Measure both</button>
      </div>
      <p class="aside">One pointer for both: what you point at in one lights up in the other.</p>
      {wanted && <Measured api={api} question={question} />}
    </section>
  );
}

function Measured({ api, question }: { api: Api; question: Question }) {
  const work = useWork<Figure>();
  const body = JSON.stringify(compareBody(question));
  const run = () => work.start(async (tell, signal) => api.figure((await api.work("compare", JSON.parse(body), tell, signal)).id));
  useEffect(run, [body]);
  return (
    <>
      <Progress work={work} what="Measuring both methods" onAgain={run} />
      {work.now.state === "done" && <FigureView figure={work.now.value} head={false} />}
    </>
  );
}
