// Work on the server, as a component sees it: one piece at a time, and a newer one takes the older one's place.

import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { ApiError, type Job } from "./api";

export type Work<T> =
  | { state: "idle" }
  | { state: "busy"; job: Job | null; before: T | null }
  | { state: "done"; value: T }
  | { state: "cancelled" }
  | { state: "failed"; error: ApiError };

type Run<T> = (tell: (job: Job) => void, signal: AbortSignal) => Promise<T>;

export interface Worker<T> {
  now: Work<T>;
  start: (run: Run<T>) => void;
  /** Stop the work; the reader is told. */
  cancel: () => void;
  /** Stop the work and forget what it gave. */
  reset: () => void;
}

export function useWork<T>(): Worker<T> {
  const [now, set] = useState<Work<T>>({ state: "idle" });
  const running = useRef<AbortController | null>(null);

  const start = useCallback((run: Run<T>) => {
    running.current?.abort();
    const mine = (running.current = new AbortController());
    const still = (next: (old: Work<T>) => Work<T>) => {
      if (!mine.signal.aborted) set(next);
    };
    set((old) => ({ state: "busy", job: null, before: valueOf(old) }));
    const tell = (job: Job) => still((old) => ({ state: "busy", job, before: valueOf(old) }));
    run(tell, mine.signal).then(
      (value) => still(() => ({ state: "done", value })),
      (error: unknown) => still(() => ({ state: "failed", error: asApiError(error) })),
    );
  }, []);

  const end = useCallback((state: "idle" | "cancelled") => {
    running.current?.abort();
    running.current = null;
    set({ state });
  }, []);
  const cancel = useCallback(() => end("cancelled"), []);
  const reset = useCallback(() => end("idle"), []);

  useEffect(() => {
    const leave = () => running.current?.abort();
    addEventListener("pagehide", leave);
    return () => (leave(), removeEventListener("pagehide", leave));
  }, []);
  return { now, start, cancel, reset };
}

/** What is there to be seen: the newest result, or while another is made, the one before. */
export const valueOf = <T>(work: Work<T>): T | null => (work.state === "done" ? work.value : work.state === "busy" ? work.before : null);

function asApiError(error: unknown): ApiError {
  return error instanceof ApiError ? error : new ApiError(`The page failed: ${error instanceof Error ? error.message : String(error)}`, 0);
}
