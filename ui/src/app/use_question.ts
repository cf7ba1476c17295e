// The question that is asked, the one being typed, and the tab's history between them.

import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { addressOf, NOTHING, questionOf, sameAnswer, type Entry, type Question } from "./state";

const SETTLED = 300; // milliseconds without a change, until what is typed is kept

export interface Asking {
  asked: Question;
  draft: Question;
  /** How often the reader has asked: the same question twice is asked twice. */
  round: number;
  /** Whether the address is read, and whether it names a text that this tab does not have. */
  ready: boolean;
  lost: boolean;
  edit: (change: Partial<Question>) => void;
  ask: (question: Question, how: "push" | "replace") => void;
  again: () => void;
}

export function useQuestion(): Asking {
  const [now, set] = useState({ asked: NOTHING, draft: NOTHING, round: 0, ready: false, lost: false });
  const writing = useRef<Promise<void>>(Promise.resolve());
  const keeping = useRef(0);
  const latest = useRef(now);
  latest.current = now;

  useEffect(() => {
    const read = async () => {
      clearTimeout(keeping.current);
      const entry = history.state as Entry | null;
      const { question, lost } = await questionOf(location.search, entry);
      set((old) => ({ ...old, asked: question, draft: entry?.draft ?? question, ready: true, lost }));
    };
    void read();
    addEventListener("popstate", read);
    return () => removeEventListener("popstate", read);
  }, []);

  const edit = useCallback((change: Partial<Question>) => {
    set((old) => {
      let draft = { ...old.draft, ...change };
      // A part of an answer is a part of no other answer.
      if (!("span" in change) && !sameAnswer(draft, old.draft)) draft = { ...draft, span: null };
      clearTimeout(keeping.current);
      keeping.current = window.setTimeout(() => history.replaceState({ ...(history.state as Entry | null), draft }, ""), SETTLED);
      return { ...old, draft };
    });
  }, []);

  const ask = useCallback((question: Question, how: "push" | "replace") => {
    clearTimeout(keeping.current);
    // Where no method is asked for, the one that was chosen stays chosen.
    const draft = question.by ? question : { ...question, by: latest.current.draft.by };
    set((old) => ({ ...old, asked: question, draft, lost: false }));
    // One after the other: a long text takes a moment to be packed.
    writing.current = writing.current.then(async () => {
      const [query, entry] = await addressOf(question);
      const push = how === "push" && query !== location.search;
      // What was typed there has been asked now: on the way back, the form is what that entry asked.
      if (push) history.replaceState({ ...(history.state as Entry | null), draft: undefined }, "");
      history[push ? "pushState" : "replaceState"]({ ...entry, draft }, "", location.pathname + query);
    });
  }, []);

  const again = useCallback(() => set((old) => ({ ...old, round: old.round + 1 })), []);
  return { ...now, edit, ask, again };
}
