// Sentences, headings, and where a result comes from.

import type { Heading, Prose, Record } from "../figure";
import type { Props } from "./part";

export function ProseFigure({ part }: Props<Prose>) {
  return <>{part.lines.map((line, i) => <p key={i} dir="auto">{line}</p>)}</>;
}

export function HeadingFigure({ part }: Props<Heading>) {
  return (
    <>
      <h2 class="chapter" dir="auto">{part.words}</h2>
      {part.about && <p class="subtitle" dir="auto">{part.about}</p>}
    </>
  );
}

export function RecordFigure({ part }: Props<Record>) {
  return (
    <>
      <details>
        <summary>{part.summary}</summary>
        <table class="plain-table facts">
          <tbody>
            {part.facts.map(([name, value]) => (
              <tr key={name}><th scope="row">{name}</th><td><bdi dir="auto">{value}</bdi></td></tr>
            ))}
          </tbody>
        </table>
      </details>
      {part.notes.map((note, i) => <p key={i} class="note" dir="auto"><b>Note.</b> {note}</p>)}
    </>
  );
}
