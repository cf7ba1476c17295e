// A method's own options as fields, drawn from the catalogue.

import type { Method, Option } from "./api";
import { Choice, Field, Words } from "./field";

type Typed = { [name: string]: string };

export function Options({ method, typed, onChange }: { method: Method; typed: Typed; onChange: (typed: Typed) => void }) {
  if (!method.options.length) return null;
  const set = method.options.filter((option) => typed[option.name]).length;
  return (
    <details class="options">
      <summary>Options of {method.name}{set > 0 && ` (${set} set)`}</summary>
      {method.options.map((option) => (
        <OptionField
          key={`${method.name} ${option.name}`}
          option={option}
          value={typed[option.name] ?? ""}
          onValue={(value) => onChange({ ...typed, [option.name]: value })}
        />
      ))}
    </details>
  );
}

function OptionField({ option, value, onValue }: { option: Option; value: string; onValue: (value: string) => void }) {
  const shared = { label: option.name.replaceAll("_", " "), help: option.help, value, onValue };
  const choices = option.kind === "boolean" ? ["true", "false"] : option.choices;
  if (choices)
    return (
      <Choice {...shared}>
        <option value="">{byDefault(option)}</option>
        {choices.map((choice) => <option key={choice}>{choice}</option>)}
      </Choice>
    );
  if (option.kind !== "integer" && option.kind !== "number") return <Words {...shared} none={byDefault(option)} />;
  const step = option.kind === "integer" ? 1 : "any";
  return (
    <Field label={shared.label} help={option.help}>
      {(named) => <input {...named} type="number" step={step} value={value} placeholder={byDefault(option)} onInput={(event) => onValue(event.currentTarget.value)} />}
    </Field>
  );
}

function byDefault({ default: value }: Option): string {
  const none = value === null || value === undefined || value === "" || (Array.isArray(value) && !value.length);
  return none ? "left to the method" : `${String(value)} (default)`;
}

/** Typed words as the values that the server takes; what is no such value goes as it is, and the server says so. */
export function valuesOf(options: Option[], typed: Typed): { [name: string]: unknown } {
  const given = options.filter(({ name }) => typed[name]?.trim());
  return Object.fromEntries(given.map((option) => [option.name, valueOf(option, typed[option.name]!)]));
}

function valueOf({ kind, type }: Option, words: string): unknown {
  if (kind === "integer" || kind === "number") return numberOf(words);
  if (kind === "boolean") return words === "true";
  if (kind !== "list") return words;
  const one = /^(INTEGER|NUMBER)/.test(type) ? numberOf : (piece: string) => piece.trim();
  return words.split(",").map((piece) => (piece.includes(":") && type.includes(":") ? piece.split(":").map(one) : one(piece)));
}

const numberOf = (words: string): number | string => (words.trim() && Number.isFinite(Number(words)) ? Number(words) : words);
