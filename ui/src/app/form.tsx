// The question: a model, a text, an answer, a method.

import { LADDER, type Access, type Method, type Model } from "./api";
import { Choice, Field, Words } from "./field";
import { Options } from "./options";
import type { Question } from "./state";

interface Form {
  draft: Question;
  edit: (change: Partial<Question>) => void;
  models: Model[];
  methods: Method[];
  onExplain: () => void;
  onGenerate: () => void;
}

const UNITS = ["token", "word", "sentence"];
const SCALES = ["logit", "logprob", "prob", "logodds", "entropy", "kl"];

export function QuestionForm({ draft, edit, models, methods, onExplain, onGenerate }: Form) {
  const model = models.find(({ name }) => name === draft.model);
  const method = methods.find(({ name }) => name === draft.by);
  const empty = !draft.text.trim();
  const asks = (event: KeyboardEvent) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && !empty) event.preventDefault(), onExplain();
  };
  return (
    <form class="card question" aria-label="Question" onKeyDown={asks} onSubmit={(event) => (event.preventDefault(), empty || onExplain())}>
      <Choice label="Model" value={draft.model} onValue={(name) => edit({ model: name })} help={model?.description}>
        {models.map(({ name }) => <option key={name}>{name}</option>)}
      </Choice>
      <Field label="Text">
        {(shared) => <textarea {...shared} dir="auto" rows={4} value={draft.text} onInput={(event) => edit({ text: event.currentTarget.value })} />}
      </Field>
      <div class="two">
        <Answer label="Why this answer" none="the model's own" labels={model?.labels} value={draft.target} onValue={(target) => edit({ target })} />
        <Answer label="rather than" none="–" labels={model?.labels} value={draft.against} onValue={(against) => edit({ against })} />
      </div>
      {draft.span && (
        <p class="row only-part">
          <span>Only its part <b dir="auto">“{partOf(draft.target, draft.span).trim()}”</b></span>
          <button type="button" class="quiet" aria-label="Explain the whole answer" onClick={() => edit({ span: null })}>✕</button>
        </p>
      )}
      <MethodChoice label="Method" methods={allowed(methods, model)} value={draft.by} onValue={(by) => edit({ by, options: {} })} />
      {method && <MethodCard method={method} />}
      {method && <Options method={method} typed={draft.options} onChange={(options) => edit({ options })} />}
      <details class="options">
        <summary>More of the question</summary>
        <div class="two">
          <Choice label="Unit" value={draft.unit} onValue={(unit) => edit({ unit })}>
            <option value="">tokens, or as the text has it</option>
            {UNITS.map((unit) => <option key={unit}>{unit}</option>)}
          </Choice>
          <Choice label="Scale" value={draft.scale} onValue={(scale) => edit({ scale })}>
            <option value="">the model's default</option>
            {SCALES.map((scale) => <option key={scale}>{scale}</option>)}
          </Choice>
        </div>
        <Words label="Second text" value={draft.pair} none="none" onValue={(pair) => edit({ pair })} help="For models that read pairs: the hypothesis, or the context of a question." />
      </details>
      <div class="row actions">
        <button type="submit" class="primary" disabled={empty} aria-keyshortcuts="Control+Enter Meta+Enter">Explain</button>
        <button type="button" disabled={empty || !!draft.pair} onClick={onGenerate}>{model?.labels?.length ? "Ask for its label" : "Generate"}</button>
        <kbd class="aside">Ctrl Enter</kbd>
      </div>
    </form>
  );
}

function Answer({ label, none, labels, value, onValue }: { label: string; none: string; labels: string[] | null | undefined; value: string; onValue: (value: string) => void }) {
  if (labels?.length)
    return (
      <Choice label={label} value={value} onValue={onValue}>
        <option value="">{none}</option>
        {[...new Set([...labels, ...(value ? [value] : [])])].map((name) => <option key={name}>{name}</option>)}
      </Choice>
    );
  return <Words label={label} value={value} none={none} onValue={onValue} help={/^\S/.test(value) && "A word of its own begins with a space."} />;
}

/** Methods by family, each with its name only: what it does stands below once it is chosen. */
export function MethodChoice({ label, methods, value, onValue, none }: { label: string; methods: Method[]; value: string; onValue: (value: string) => void; none?: string }) {
  const families = [...new Set(methods.map(({ family }) => family))];
  return (
    <Choice label={label} value={value} onValue={onValue}>
      {none !== undefined && <option value="">{none}</option>}
      {families.map((family) => (
        <optgroup key={family} label={family}>
          {methods.filter((method) => method.family === family).map(({ name, summary }) => <option key={name} title={summary}>{name}</option>)}
        </optgroup>
      ))}
    </Choice>
  );
}

function MethodCard({ method }: { method: Method }) {
  return (
    <div class="method">
      <p>{method.summary}</p>
      <p class="aside">Takes {method.cost}.</p>
      <p class="aside">{method.paper}</p>
    </div>
  );
}

/** The methods that a model allows; all of them while it is not known how far it opens. */
export function allowed(methods: Method[], model: Model | undefined): Method[] {
  const step = (access: Access) => LADDER.indexOf(access);
  return model?.access ? methods.filter(({ access }) => step(access) <= step(model.access!)) : methods;
}

/** A range of characters, which are those of Python: code points. */
export const partOf = (answer: string, [start, end]: [number, number]): string => Array.from(answer).slice(start, end).join("");
