// Try to break it: parts of the text are taken away, and what the explanation promised stands beside what happens, and
// beside what happens without random parts of the same number.

import { useEffect, useMemo, useState } from "preact/hooks";
import type { Figure, Highlight } from "../figure";
import { namesOf, order } from "../figures/marks";
import { signed } from "../numbers";
import type { Ablated, Api } from "./api";
import { BreakText } from "./break_text";
import { announce } from "./announce";
import { Progress } from "./progress";
import { ThreeBars } from "./three_bars";
import { held, inWords, promised, tryOf, type Try } from "./tries";
import { useWork, valueOf } from "./use_work";

const PAUSE = 250; // milliseconds without another change, until the model is asked

interface Props {
  api: Api;
  id: string;
  figure: Figure;
  part: Highlight;
  removed: number[];
  onRemoved: (removed: number[]) => void;
}

export function BreakIt({ api, id, figure, part, removed, onRemoved }: Props) {
  const work = useWork<Try>();
  const [tries, setTries] = useState<Try[]>([]);
  const names = useMemo(() => namesOf(part), [part]);
  const ranked = useMemo(() => order(part.marks.value), [part]);
  const now = removed.filter((mark) => mark < names.length);
  const run = () =>
    work.start(async (tell, signal) => {
      const job = await api.work("ablate", { explanation: id, removed: now }, tell, signal);
      return tryOf(part, now, await api.result<Ablated>(job.id));
    });
  useEffect(() => {
    if (!now.length) return work.reset();
    const soon = setTimeout(run, PAUSE);
    return () => clearTimeout(soon);
  }, [id, now.join()]);
  useEffect(() => setTries([]), [id]);
  useEffect(() => {
    if (work.now.state !== "done") return;
    const { value } = work.now;
    setTries((old) => [...old.filter((one) => one.removed.join() !== value.removed.join()), value]);
    announce(inWords(value));
  }, [work.now]);
  const toggle = (mark: number) => onRemoved((now.includes(mark) ? now.filter((one) => one !== mark) : [...now, mark]).sort((a, b) => a - b));
  const found = valueOf(work.now);
  return (
    <div class="panel break-it">
      <h3>Try to break it</h3>
      <p class="aside">Take parts of the text away, and see whether what the explanation promises comes true.</p>
      <BreakText part={part} text={figure.texts[part.text] ?? ""} names={names} removed={now} onToggle={toggle} />
      <div class="row">
        {[1, 3, 5].filter((n) => n < ranked.length).map((n) => (
          <button key={n} type="button" onClick={() => onRemoved(ranked.slice(0, n).sort((a, b) => a - b))}>{n === 1 ? "Take the strongest" : `The ${n} strongest`}</button>
        ))}
        <button type="button" disabled={!now.length} onClick={() => onRemoved([])}>Put all back</button>
      </div>
      <Progress work={work} what={`Asking without ${now.length === 1 ? "it" : `these ${now.length}`}`} onAgain={run} />
      {found && now.length > 0 && (
        <div class={work.now.state === "busy" ? "stale" : undefined} aria-busy={work.now.state === "busy"}>
          <ThreeBars one={found} />
          <p class="says">{inWords(found)}</p>
        </div>
      )}
      {tries.length > 0 && <Tries tries={tries} names={names} onAgain={onRemoved} />}
    </div>
  );
}

function Tries({ tries, names, onAgain }: { tries: Try[]; names: string[]; onAgain: (removed: number[]) => void }) {
  const good = tries.filter(held).length;
  return (
    <>
      <p class="score"><b>{good} of {tries.length}</b> {tries.length === 1 ? "promise" : "promises"} held.</p>
      <div class="scroll">
        <table class="plain-table tries">
          <thead>
            <tr><th scope="col">taken away</th><th scope="col" class="number">promised</th><th scope="col" class="number">real</th><th scope="col" class="number">random</th><th scope="col">held?</th></tr>
          </thead>
          <tbody>
            {tries.toReversed().map((one) => (
              <tr key={one.removed.join()}>
                <td><button type="button" class="quiet again" onClick={() => onAgain(one.removed)}><bdi dir="auto">{one.removed.map((mark) => names[mark]).join(", ")}</bdi></button></td>
                <td class="number">{promised(one)}</td>
                <td class="number">{signed(one.found.change)}</td>
                <td class="number">{signed(one.found.control.mean)}</td>
                <td class="short">{held(one) ? "✓ held" : "✕ broke"}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}
