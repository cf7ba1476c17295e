// One explanation: its work, its figure with how far to trust it, and what can be done with it.

import type { ComponentChildren } from "preact";
import { useEffect, useMemo } from "preact/hooks";
import type { Figure, Highlight } from "../figure";
import { FigureView } from "../figures/part";
import type { Api, Method } from "./api";
import { Downloads } from "./downloads";
import { Progress } from "./progress";
import { explainBody } from "./requests";
import type { Question } from "./state";
import { useWork, valueOf } from "./use_work";
import { Verdict } from "./verdict";

const QUICK = ["comprehensiveness", "sufficiency"];

/** A finished explanation: its job, and its figure. */
export interface Shown {
  id: string;
  figure: Figure;
}

interface Props {
  api: Api;
  question: Question;
  methods: Method[];
  by: string;
  round: number;
  /** The number of the strongest colour, where two results share one scale. */
  limit?: number | undefined;
  onShown: (shown: Shown | null) => void;
  onJudged: (judged: string[]) => void;
  tools?: ComponentChildren;
  children?: ComponentChildren;
}

export function Explained({ api, question, methods, by, round, limit, onShown, onJudged, tools, children }: Props) {
  const work = useWork<Shown>();
  const trust = useWork<Shown>();
  const name = by || "saved";
  const judged = question.judged.includes(name);
  const body = explainBody(question, methods, by);
  const key = question.shown || JSON.stringify(body);
  const run = () =>
    work.start(async (tell, signal) => {
      const id = question.shown || (await api.work("explain", body, tell, signal)).id;
      return { id, figure: await api.figure(id) };
    });
  useEffect(run, [key, round]);

  // The explanation stands there while it is measured: on a long text that takes longer than to explain it.
  const why = work.now.state === "done" ? work.now.value : null;
  const measure = () =>
    trust.start(async (tell, signal) => {
      const job = await api.work("evaluate", { explanation: why!.id, by: QUICK }, tell, signal);
      return { id: job.id, figure: await api.figure(job.id) };
    });
  useEffect(() => {
    onShown(why);
    if (why && !question.shown && highlightOf(why.figure)) measure();
    else trust.reset();
  }, [why]);

  const shown = trust.now.state === "done" ? trust.now.value : valueOf(work.now);
  const busy = work.now.state === "busy";
  const figure = useMemo(() => shown && onScale(shown.figure, limit), [shown, limit]);
  const what = question.shown ? "Opening the explanation" : `Explaining by ${by}`;
  return (
    <article class="card explained live" aria-label={shown ? `${shown.figure.title} ${shown.figure.subtitle}` : what}>
      <Progress work={work} what={what} onAgain={run} />
      {shown && figure && (
        <div class={busy ? "stale" : undefined} aria-busy={busy} inert={busy}>
          <h2 class="title" dir="auto">{figure.title}</h2>
          <p class="subtitle" dir="auto">{figure.subtitle}</p>
          <div class="row does">
            <button type="button" aria-pressed={judged} onClick={() => onJudged(judged ? question.judged.filter((one) => one !== name) : [...question.judged, name])}>Is it to be trusted?</button>
            {tools}
            <Downloads api={api} id={shown.id} name={name} />
          </div>
          {judged && why && <Verdict api={api} shown={why} known={shown.figure} />}
          {children}
          <FigureView figure={figure} head={false} />
          <div class="measuring"><Progress work={trust} what="Measuring how far to trust it" onAgain={measure} /></div>
        </div>
      )}
    </article>
  );
}

export const highlightOf = (figure: Figure): Highlight | undefined => figure.parts.find((part) => part.kind === "highlight");

function onScale(figure: Figure, limit: number | undefined): Figure {
  if (limit === undefined) return figure;
  return { ...figure, parts: figure.parts.map((part) => (part.kind === "highlight" ? { ...part, limit } : part)) };
}
