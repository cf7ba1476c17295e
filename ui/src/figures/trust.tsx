// How far to trust what is shown: every score on the scale of its metric, with the range that chance has, and a
// judgement in words. No number stands alone, and no colour says what a sign and a word do not say too.

import type { Gauge, Trust } from "../figure";
import { Caption } from "../parts/caption";
import type { Props } from "./part";
import "./trust.css";
import { judged, measured, rankings, SIGNS, type State } from "./trust_words";
import { Band, Strip } from "./trust_strip";

const WORDS: { [word: string]: State } = { use: "pass", "use with care": "weak", "do not use": "fail", "cannot tell": "none" };

export function TrustFigure({ part }: Props<Trust>) {
  const controls = [...new Set(part.gauges.flatMap((gauge) => gauge.controls.map(([name]) => name)))];
  const groups = [...new Set(part.gauges.map((gauge) => gauge.of))];
  const whiskers = part.gauges.some((gauge) => gauge.interval);
  return (
    <>
      <Caption words={part.caption} />
      {part.word && <Whole word={part.word} sentence={part.sentence} />}
      {groups.map((of) => {
        const own = part.gauges.filter((gauge) => gauge.of === of);
        return (
          <div key={of} class="trust-group">
            {of && <h3 dir="auto">{of}</h3>}
            <ul class="gauges">{own.map((gauge, i) => <Row key={i} gauge={gauge} like={part.gauges.filter((other) => other.metric === gauge.metric)} controls={controls} />)}</ul>
          </div>
        );
      })}
      <p class="legend trust-key">
        <span><svg width="14" height="14" aria-hidden="true"><circle class="value" cx="7" cy="7" r="5" /></svg> {part.word ? "the explanation" : "what was measured"}</span>
        {whiskers && <span><svg width="26" height="14" aria-hidden="true"><path class="whisker" d="M2 7H24M2 3V11M24 3V11" /></svg> its 95% interval</span>}
        {controls.map((name, i) => <span key={name}><svg width="26" height="12" aria-hidden="true"><Band number={i} x={1} y={1} width={24} height={10} /></svg> 95% of {rankings(name)}{name === "position-matched" && " rankings"}</span>)}
        {controls.length > 0 && <span><svg width="6" height="14" aria-hidden="true"><path class="mean" d="M3 0V14" /></svg> their mean</span>}
      </p>
      <details class="trust-words">
        <summary>In words</summary>
        {part.gauges.map((gauge, i) => <p key={i} dir="auto">{gauge.of && <b>{gauge.of}: </b>}{gauge.says}</p>)}
      </details>
    </>
  );
}

function Whole({ word, sentence }: { word: string; sentence: string }) {
  const state = WORDS[word] ?? "none";
  return (
    <div class="trust-whole">
      <span class={`chip ${state}`}><i aria-hidden="true">{SIGNS[state]}</i> {word}</span>
      <p dir="auto">{sentence}</p>
    </div>
  );
}

function Row({ gauge, like, controls }: { gauge: Gauge; like: Gauge[]; controls: string[] }) {
  const { state, words, beside } = judged(gauge);
  return (
    <li class={`gauge ${state}`}>
      <div class="metric">
        <b dir="auto">{gauge.metric.replaceAll("_", " ")}</b>
        <span>{gauge.better === "higher" ? "↑ higher is better" : "↓ lower is better"}</span>
      </div>
      {gauge.value === null ? <div class="no-strip" /> : <Strip gauge={gauge} like={like} controls={controls} />}
      <div class="measured">{gauge.value !== null && measured(gauge, gauge.value)}</div>
      <div class="judged">
        <p class="state"><i aria-hidden="true">{SIGNS[state]}</i><span dir="auto">{words}</span></p>
        {beside.map((line) => <span key={line} dir="auto">{line}</span>)}
      </div>
    </li>
  );
}
