// How far a piece of work is, how to stop it, and what went wrong with it.

import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";
import type { ApiError, Job } from "./api";
import { announce } from "./announce";
import type { Worker } from "./use_work";

/** What stands in the place of a result until it is there. `what` is what is done, as "Explaining by lime". */
export function Progress<T>({ work, what, onAgain }: { work: Worker<T>; what: string; onAgain: () => void }) {
  const { now } = work;
  useEffect(() => {
    if (now.state === "busy") announce(`${what}.`);
    if (now.state === "done") announce(`${what}: done.`);
    if (now.state === "cancelled") announce(`${what}: cancelled.`);
  }, [now.state, what]);
  if (now.state === "busy") return <JobBar job={now.job} what={what} onCancel={work.cancel} />;
  if (now.state === "failed") return <Trouble error={now.error} onAgain={onAgain} />;
  if (now.state === "cancelled") return <p class="row quiet"><span>Cancelled.</span> <button type="button" onClick={onAgain}>Start again</button></p>;
  return null;
}

function JobBar({ job, what, onCancel }: { job: Job | null; what: string; onCancel: () => void }) {
  const share = job && job.total > 0 ? job.done / job.total : undefined;
  return (
    <div class="job">
      <div class="row">
        <span>{job?.state === "queued" && job.position ? waiting(job.position) : job?.doing || what}</span>
        <button type="button" onClick={onCancel}>Cancel</button>
      </div>
      <progress aria-label={what} max={1} {...(share === undefined ? {} : { value: share })} />
      <p class="aside">{job ? counts(job) : "…"}</p>
    </div>
  );
}

const waiting = (position: number): string => `Waiting: ${position === 1 ? "one piece of work is" : `${position} pieces of work are`} before this.`;

function counts(job: Job): string {
  const steps = job.total > 0 ? [`${count(job.done)} of ${count(job.total)}`] : [];
  return [...steps, `${count(job.forwards)} forwards`, `${job.seconds.toFixed(1)} s`].join(" · ");
}

const count = (n: number): string => n.toLocaleString("en");

const REFUSED = 422; // what is refused once is refused again

export function Trouble({ error, onAgain }: { error: ApiError; onAgain?: () => void }) {
  return (
    <div class="trouble" role="alert">
      <Lines words={error.message} />
      {onAgain && error.status !== REFUSED && <button type="button" onClick={onAgain}>{error.status === 429 ? "Ask again" : "Try again"}</button>}
    </div>
  );
}

const Lines = ({ words }: { words: string }): ComponentChildren => words.split("\n").map((line, i) => <p key={i} dir="auto">{line}</p>);
