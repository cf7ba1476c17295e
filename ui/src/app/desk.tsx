// The screen: the question on one side, what was found on the other.

import { useCallback, useEffect, useMemo, useState } from "preact/hooks";
import { limitOf } from "../scale";
import type { Api, Method, Model } from "./api";
import { AsCode } from "./as_code";
import { BreakIt } from "./break_it";
import { Comparison } from "./compare";
import { Explained, highlightOf, type Shown } from "./explained";
import { allowed, MethodChoice, QuestionForm } from "./form";
import { OpenSaved } from "./open_saved";
import { NOTHING, sameText, type Question } from "./state";
import { useQuestion } from "./use_question";
import { WrittenAnswer } from "./written";

const FIRST = "leave_one_out"; // the method that is chosen where none is
const TOKENS = 16; // of a continuation
const UNTRIED = { removed: null, judged: [], measured: false };
const TOWER = "The Eiffel Tower is located in the city of";
const FILM = "A good film, but far too long.";

export function Desk({ api, methods, known }: { api: Api; methods: Method[]; known: Model[] }) {
  const asking = useQuestion();
  const { round, edit, ask, again } = asking;
  const [models, setModels] = useState(known);
  const [first, setFirst] = useState<Shown | null>(null);
  const [second, setSecond] = useState<Shown | null>(null);
  const limit = useMemo(() => sharedLimit(first, second), [first, second]);
  const model = models[0]?.name ?? "";
  const asked = { ...asking.asked, model: asking.asked.model || model };
  const draft = { ...asking.draft, model: asking.draft.model || model, by: asking.draft.by || FIRST };
  // What a model is, is known once it is loaded.
  const lookAgain = useCallback(() => void api.models().then(setModels, () => undefined), [api]);
  useEffect(lookAgain, [first]);

  const explain = (question: Question) => {
    ask({ ...question, ...UNTRIED, shown: "", write: sameText(question, asked) ? asked.write : 0 }, "push");
    again();
  };
  const generate = () => {
    const kept = sameText(draft, asked) && !asked.shown;
    ask({ ...(kept ? asked : { ...draft, ...UNTRIED, by: "", second: "" }), shown: "", write: TOKENS }, "push");
    again();
  };
  const why = (target: string, span: [number, number] | null) => explain({ ...draft, model: asked.model, text: asked.text, target, span, against: span ? "" : draft.against });
  const change = (part: Partial<Question>, how: "push" | "replace") => ask({ ...asked, ...part }, how);

  const judge = (judged: string[]) => change({ judged }, "push");

  const part = first && highlightOf(first.figure);
  const others = allowed(methods, models.find(({ name }) => name === asked.model)).filter(({ name }) => name !== asked.by);
  // Matrices and graphs need the whole width; texts stand side by side.
  const narrow = [first, second].every((shown) => !shown || highlightOf(shown.figure));
  const wanted = asked.shown || (asked.by && asked.text);
  if (!asking.ready) return null;
  return (
    <div class="app">
      <header class="row top">
        <h1>Pellucid</h1>
        <span class="aside">why a model says what it says, and how far to trust that</span>
        <OpenSaved api={api} onOpened={(shown) => ask({ ...NOTHING, model: asked.model, shown }, "push")} />
      </header>
      <main class="desk">
        <QuestionForm draft={draft} edit={edit} models={models} methods={methods} onExplain={() => explain(draft)} onGenerate={generate} />
        <div class="found">
          {asking.lost && <p class="card trouble" role="alert">The text of this address was too long for an address, and is only in the tab that asked. Paste it again, or open the saved .json file.</p>}
          {asked.text && asked.write > 0 && <WrittenAnswer api={api} asked={asked} round={round} onWhy={why} onDone={lookAgain} />}
          {wanted ? (
            <>
              <div class={asked.second ? `pair${narrow ? "" : " wide"}` : undefined}>
                <Explained
                  api={api}
                  question={asked}
                  methods={methods}
                  by={asked.by}
                  round={round}
                  limit={limit}
                  onShown={setFirst}
                  onJudged={judge}
                  tools={
                    <>
                      {part && <button type="button" aria-pressed={asked.removed !== null} onClick={() => change({ removed: asked.removed ? null : [] }, "push")}>Try to break it</button>}
                      {!asked.shown && <MethodChoice label="compare with" none="no other method" methods={others} value={asked.second} onValue={(by) => change({ second: by, measured: false }, "push")} />}
                    </>
                  }
                >
                  {first && part && asked.removed && <BreakIt api={api} id={first.id} figure={first.figure} part={part} removed={asked.removed} onRemoved={(removed) => change({ removed }, "replace")} />}
                </Explained>
                {asked.second && <Explained api={api} question={asked} methods={methods} by={asked.second} round={round} limit={limit} onShown={setSecond} onJudged={judge} />}
              </div>
              {asked.second && <Comparison api={api} question={asked} onMeasured={(measured) => change({ measured }, "push")} />}
              {!asked.shown && <AsCode question={asked} methods={methods} />}
            </>
          ) : asked.write > 0 ? null : (
            <Welcome example={models.find(({ name }) => name === draft.model)?.labels?.length ? FILM : TOWER} onExample={(text) => edit({ text })} />
          )}
        </div>
      </main>
    </div>
  );
}

function Welcome({ example, onExample }: { example: string; onExample: (text: string) => void }) {
  return (
    <div class="welcome">
      <p>Give a text, and press <b>Explain</b>: which of its parts make the model answer as it does, and how much better than chance that explanation is.</p>
      <p>Or press <b>Generate</b>, and click a word of what the model writes.</p>
      <p><button type="button" onClick={() => onExample(example)}>Take “{example}”</button></p>
    </div>
  );
}

/** One strongest colour for two results whose numbers are of the same kind. */
function sharedLimit(first: Shown | null, second: Shown | null): number | undefined {
  const [one, other] = [first, second].map((shown) => shown && highlightOf(shown.figure));
  if (!one || !other || one.units !== other.units || one.signed !== other.signed) return undefined;
  return Math.max(limitOf(one.marks.value), limitOf(other.marks.value)) || undefined;
}
