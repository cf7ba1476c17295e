// What the model says to the text: each token of its continuation, or each of its labels, can be asked why.

import { Fragment } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { plain } from "../numbers";
import { focusOn, nextIndex } from "../parts/roving";
import type { Api, Written } from "./api";
import { Progress } from "./progress";
import type { Question } from "./state";
import { useWork, valueOf } from "./use_work";

interface Props {
  api: Api;
  asked: Question;
  round: number;
  onWhy: (target: string, span: [number, number] | null) => void;
  onDone: () => void;
}

export function WrittenAnswer({ api, asked, round, onWhy, onDone }: Props) {
  const work = useWork<Written>();
  const { model, text, write } = asked;
  const run = () =>
    work.start(async (tell, signal) => {
      const job = await api.work("generate", { model, text, max_tokens: write }, tell, signal);
      return api.result<Written>(job.id);
    });
  useEffect(run, [model, text, write, round]);
  useEffect(() => {
    if (work.now.state === "done") onDone();
  }, [work.now.state]);
  const found = valueOf(work.now);
  return (
    <section class="card written" aria-label="What the model says">
      <h2>{found && !found.tokens.length ? "The model's labels" : "The model goes on"}</h2>
      <Progress work={work} what={`Asking ${model}`} onAgain={run} />
      {found && (
        <div class={work.now.state === "busy" ? "stale" : undefined} aria-busy={work.now.state === "busy"}>
          {found.tokens.length ? <Tokens found={found} asked={asked} onWhy={onWhy} /> : <Labels found={found} asked={asked} onWhy={onWhy} />}
        </div>
      )}
    </section>
  );
}

type Asks = Pick<Props, "asked" | "onWhy"> & { found: Written };

function Tokens({ found, asked, onWhy }: Asks) {
  const { answer, tokens } = found;
  const row = useRef<HTMLParagraphElement>(null);
  const isAsked = (start: number, end: number) => asked.target === answer && asked.span?.[0] === start && asked.span[1] === end;
  const walk = (event: KeyboardEvent) => {
    const all = [...row.current!.querySelectorAll<HTMLElement>("button")];
    const at = all.indexOf(event.target as HTMLElement);
    const to = nextIndex(event.key, at, all.length, getComputedStyle(row.current!).direction === "rtl");
    if (at < 0 || to === null) return;
    event.preventDefault();
    focusOn(all[to]!, all[at]!);
  };
  return (
    <>
      <p ref={row} class="text goes-on" dir="auto" role="group" aria-label="Answer, token by token" onKeyDown={walk}>
        <span class="plain">{asked.text.length > 240 ? `…${asked.text.slice(-240)}` : asked.text}</span>
        {tokens.map(({ text, start, end }, i) => (
          <Fragment key={i}>
            {text.trim() && text.slice(0, text.length - text.trimStart().length)}
            <button
              type="button"
              class="token"
              tabIndex={i ? -1 : 0}
              aria-pressed={isAsked(start, end)}
              aria-label={`Why “${text.trim() || "a blank"}”?`}
              onClick={() => onWhy(answer, [start, end])}
            >
              {text.trim() ? text.trimStart() : text.replaceAll("\n", "⏎").replaceAll(" ", "␣")}
            </button>
          </Fragment>
        ))}
      </p>
      <p class="row">
        <span class="aside">Click a token to see its sources.</span>
        <button type="button" onClick={() => onWhy(answer, null)}>Explain all of it</button>
      </p>
    </>
  );
}

function Labels({ found, asked, onWhy }: Asks) {
  return (
    <ul class="labels">
      {found.labels.map(({ name, probability }) => (
        <li key={name}>
          <button type="button" aria-pressed={asked.target === name} onClick={() => onWhy(name, null)}>Why {name}?</button>
          <span class="number">{plain(probability)}</span>
          <span class="track" aria-hidden="true"><span class="bar p" style={{ width: `${100 * probability}%` }} /></span>
          {name === found.answer && <span class="aside">the model's answer</span>}
        </li>
      ))}
    </ul>
  );
}
