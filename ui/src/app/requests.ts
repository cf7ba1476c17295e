// A question as the bodies that the server takes.

import type { Method } from "./api";
import { valuesOf } from "./options";
import type { Question } from "./state";

/** The body of /explain. A second method takes its own defaults: the options are the first one's. */
export function explainBody(question: Question, methods: Method[], by = question.by): { [name: string]: unknown } {
  const own = by === question.by ? (methods.find(({ name }) => name === by)?.options ?? []) : [];
  const { model, text, span } = question;
  const more = { ...answerOf(question), ...(span ? { span } : {}), ...given(question, ["scale", "unit"]) };
  return { model, text, by, ...more, options: valuesOf(own, question.options), evaluate: false };
}

export function compareBody(question: Question): { [name: string]: unknown } {
  return { model: question.model, text: question.text, by: [question.by, question.second], ...answerOf(question), ...given(question, ["unit"]) };
}

const answerOf = (question: Question) => ({ ...given(question, ["target", "against"]), ...(question.pair ? { second: question.pair } : {}) });

function given(question: Question, names: (keyof Question)[]): { [name: string]: unknown } {
  return Object.fromEntries(names.flatMap((name) => (question[name] ? [[name, question[name]]] : [])));
}
