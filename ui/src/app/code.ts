// The question as code that gives the same numbers: for Python, and for a shell.

import type { Method } from "./api";
import { valuesOf } from "./options";
import type { Question } from "./state";

export function asPython(question: Question, methods: Method[]): string {
  const { model, text, pair, span, scale, unit, target, against, second, removed } = question;
  const words = { target, against, scale, unit };
  const shared = [
    ...Object.entries(words).flatMap(([name, value]) => (value ? [`${name}=${python(value)}`] : [])),
    ...(span ? [`span=(${span.join(", ")})`] : []),
  ];
  const explain = (by: string, options: { [name: string]: unknown }) => {
    const own = Object.entries(options).map(([name, value]) => `${name}=${python(value)}`);
    return `pellucid.explain(model, text, ${[`by=${python(by)}`, ...shared, ...own].join(", ")})`;
  };
  const lines = [...(removed?.length ? ["import numpy as np", ""] : []), "import pellucid", "", `model = pellucid.load(${python(model)})`, `text = ${pair ? `pellucid.Text.pair(${python(text)}, ${python(pair)})` : python(text)}`];
  lines.push(`why = ${explain(question.by, optionsOf(question, methods))}`, "print(why)");
  if (second) lines.push(`other = ${explain(second, {})}`, "print(other)");
  if (removed?.length) lines.push("", "# what the answer loses without these parts of the text", ...ablation(removed));
  return `${lines.join("\n")}\n`;
}

function ablation(removed: number[]): string[] {
  return [
    "kept = np.ones((2, len(why.text.features)), dtype=bool)",
    `kept[1, [${removed.join(", ")}]] = False`,
    "whole, without = model.value(why.text, why.target).total(kept)",
    "print(whole - without)",
  ];
}

/** Lines for a POSIX shell. What no command does, trying an explanation, is left out. */
export function asCommand(question: Question, methods: Method[]): string {
  const { model, text, pair, span, scale, unit, target, against, second } = question;
  const words = { model, second: pair, target, against, span: span?.join(":"), scale, unit };
  const flags = Object.entries(words).flatMap(([name, value]) => (value ? [flag(name, value)] : []));
  const command = (by: string, options: { [name: string]: unknown }) => {
    const own = Object.entries(options).map(([name, value]) => flag(name.replaceAll("_", "-"), typed(value), value));
    const last = text.startsWith("-") ? `-- ${quoted(text)}` : quoted(text);
    return ["pellucid explain", flag("by", by), ...flags, ...own, last].join(" ");
  };
  return [command(question.by, optionsOf(question, methods)), ...(second ? [command(second, {})] : [])].map((line) => `${line}\n`).join("");
}

const optionsOf = ({ by, options }: Question, methods: Method[]) => valuesOf(methods.find(({ name }) => name === by)?.options ?? [], options);

/** A literal of Python: JSON's strings and numbers are some, its words are not. */
function python(value: unknown): string {
  if (typeof value === "boolean") return value ? "True" : "False";
  if (Array.isArray(value)) return `(${value.map(python).join(", ")}${value.length === 1 ? "," : ""})`;
  return JSON.stringify(value);
}

const typed = (value: unknown): string => (Array.isArray(value) ? value.map((v) => (Array.isArray(v) ? v.join(":") : String(v))).join(",") : String(value));

function flag(name: string, words: string, value: unknown = words): string {
  if (typeof value === "boolean") return value ? `--${name}` : `--no-${name}`;
  return words.startsWith("-") ? `--${name}=${quoted(words)}` : `--${name} ${quoted(words)}`;
}

/** One word of a POSIX shell. */
const quoted = (words: string): string => (/^[\w@%+:,./=-]+$/.test(words) ? words : `'${words.replaceAll("'", `'\\''`)}'`);
