// The colours of a figure with their numbers.

import type { ComponentChildren } from "preact";
import { plain } from "../numbers";
import { STEPS } from "../scale";

interface Colours {
  limit: number;
  signed: boolean;
  units: string;
  unknown: boolean;
  children?: ComponentChildren;
}

const STRENGTHS = Array.from({ length: STEPS }, (_, i) => i + 1);

export function Legend({ limit, signed, units, unknown, children }: Colours) {
  return (
    <p class="legend">
      {limit === 0 ? <span>Every score is 0.</span> : (
        <>
          {signed && <span>against <b>-{plain(limit)}</b></span>}
          <span class="ramp" aria-hidden="true">
            {signed && STRENGTHS.toReversed().map((s) => <i key={s} class={`n${s}`} />)}
            <i class="z" />
            {STRENGTHS.map((s) => <i key={s} class={`p${s}`} />)}
          </span>
          <span><b>{signed ? "+" : ""}{plain(limit)}</b> {signed ? "for" : "most"}</span>
          {units && <span class="units">{units}</span>}
        </>
      )}
      {unknown && <span><i class="x key">?</i> no number</span>}
      {children && <span class="at-end">{children}</span>}
    </p>
  );
}
