// A labelled field: the label is its name alone, what helps to fill it is its description.

import type { JSX } from "preact";
import { useId } from "preact/hooks";

interface Shared {
  id: string;
  "aria-describedby"?: string;
}

interface FieldProps {
  label: string;
  help?: string | false | undefined;
  children: (shared: Shared) => JSX.Element;
}

export function Field({ label, help, children }: FieldProps) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {children({ id, ...(help ? { "aria-describedby": `${id}-help` } : {}) })}
      {help && <small id={`${id}-help`}>{help}</small>}
    </div>
  );
}

interface ChoiceProps {
  label: string;
  value: string;
  onValue: (value: string) => void;
  help?: string | undefined;
  children: JSX.Element[] | (JSX.Element | JSX.Element[] | false)[];
}

export function Choice({ label, value, onValue, help, children }: ChoiceProps) {
  return (
    <Field label={label} help={help}>
      {(shared) => <select {...shared} value={value} onChange={(event) => onValue(event.currentTarget.value)}>{children}</select>}
    </Field>
  );
}

interface WordsProps {
  label: string;
  value: string;
  onValue: (value: string) => void;
  none: string;
  help?: string | false;
}

export function Words({ label, value, onValue, none, help }: WordsProps) {
  return (
    <Field label={label} help={help}>
      {(shared) => <input {...shared} type="text" dir="auto" autocomplete="off" value={value} placeholder={none} onInput={(event) => onValue(event.currentTarget.value)} />}
    </Field>
  );
}
