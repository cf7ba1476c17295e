// Which component draws which part: by its kind, as view/draw.py chose it by dims.

import type { ComponentType } from "preact";
import type { Figure, Kind, Part, PartOf } from "../figure";
import { CaptionLevel } from "../parts/caption";
import { FlowFigure } from "./flow";
import { CurveFigure } from "./curve";
import { HeadsFigure } from "./heads";
import { HighlightFigure } from "./highlight";
import { LensFigure } from "./lens";
import { MatrixFigure } from "./matrix";
import { HeadingFigure, ProseFigure, RecordFigure } from "./prose";
import { StrandFigure } from "./strand";
import { TableFigure } from "./table";
import { TrustFigure } from "./trust";

/** What every figure is given: its part, and the string that spans are ranges of ("" where there is none). */
export interface Props<P extends Part> {
  part: P;
  text: string;
}

const FIGURES: { [K in Kind]?: ComponentType<Props<PartOf<K>>> } = {
  highlight: HighlightFigure,
  heatmap: MatrixFigure,
  heads: HeadsFigure,
  table: TableFigure,
  prose: ProseFigure,
  heading: HeadingFigure,
  record: RecordFigure,
  curve: CurveFigure,
  lens: LensFigure,
  strand: StrandFigure,
  flow: FlowFigure,
  trust: TrustFigure,
};

export function FigurePart({ part, figure }: { part: Part; figure: Figure }) {
  const Drawn = FIGURES[part.kind] as ComponentType<Props<Part>> | undefined;
  const text = "text" in part && part.text >= 0 ? (figure.texts[part.text] ?? "") : "";
  return Drawn ? <Drawn part={part} text={text} /> : null;
}

/** A whole figure, where Python has drawn nothing: in the app. */
export function FigureView({ figure, head = true }: { figure: Figure; head?: boolean }) {
  return (
    <CaptionLevel.Provider value={head ? 2 : 3}>
      {head && (
        <header>
          <h1 dir="auto">{figure.title}</h1>
          {figure.subtitle && <p class="subtitle" dir="auto">{figure.subtitle}</p>}
        </header>
      )}
      {figure.parts.map((part, i) => (
        <section key={i} class={part.kind}>
          <FigurePart part={part} figure={figure} />
        </section>
      ))}
    </CaptionLevel.Provider>
  );
}
