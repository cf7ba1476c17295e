// What the server of src/pellucid/app answers, and how it is asked.

import type { Figure } from "../figure";
import { opened, type SentFigure } from "../opened";
import { eventsOf } from "./events";

export interface Model {
  name: string;
  loaded: boolean;
  access: Access | null;
  labels: string[] | null;
  continues: boolean | null;
  description: string;
  /** The most tokens that this server reads. */
  max_tokens: number;
}

export const LADDER = ["BlackBox", "GreyBox", "WhiteBox"] as const;
export type Access = (typeof LADDER)[number];

export interface Option {
  name: string;
  /** Its shape in words, as on the command line: INTEGER, delete|mask, NUMBER,NUMBER. */
  type: string;
  kind: "integer" | "number" | "boolean" | "choice" | "text" | "list";
  default: unknown;
  choices: string[] | null;
  help: string;
}

export interface Method {
  name: string;
  family: string;
  access: Access;
  summary: string;
  cost: string;
  paper: string;
  options: Option[];
}

export interface Job {
  id: string;
  kind: string;
  state: "queued" | "running" | "done" | "failed" | "cancelled";
  position: number | null;
  doing: string;
  done: number;
  total: number;
  forwards: number;
  tokens: number;
  seconds: number;
  error: { type: string; message: string } | null;
}

/** What a model writes behind a text, token by token, or its label among all. */
export interface Written {
  answer: string;
  continues: boolean;
  tokens: { text: string; start: number; end: number }[];
  labels: { name: string; probability: number }[];
}

/** By how much the answer's number falls without some parts of the text, beside what their credits add up to and what
 * random parts do; `reason` says why nothing is predicted. */
export interface Ablated {
  units: string;
  credit_units: string;
  whole: number;
  without: number;
  change: number;
  predicted: number | null;
  reason: string;
  control: { mean: number; low: number; high: number; changes: number[] };
}

/** The server's own words for what went wrong; status 0 is a server that did not answer. */
export class ApiError extends Error {
  constructor(message: string, readonly status: number, readonly type = "", readonly retryAfter: number | null = null) {
    super(message);
  }
}

const OVER = new Set(["done", "failed", "cancelled"]);
const POLL = 400; // milliseconds between two looks at a job where its events do not come through
const GONE = "The server does not answer. Is pellucid serve still running? Start it again, and reload this page.";

export class Api {
  private readonly client = random();

  constructor(private readonly token: string) {}

  models = (): Promise<Model[]> => this.get("models");
  methods = (): Promise<Method[]> => this.get("methods");
  job = (id: string): Promise<Job> => this.get(`jobs/${id}`);
  figure = (id: string): Promise<Figure> => this.get<SentFigure>(`jobs/${id}/figure`).then(opened);
  result = <T>(id: string): Promise<T> => this.get(`jobs/${id}/result`);
  file = async (id: string, suffix: string): Promise<Blob> => (await this.ask(`jobs/${id}/file/${suffix}`)).blob();
  show = async (file: Blob): Promise<Job> => (await this.ask("show", { method: "POST", body: file, headers: JSON_BODY })).json();

  /** Ask for work and see it through: `tell` hears how far it is; an aborted signal cancels it on the server. */
  async work(path: string, body: unknown, tell: (job: Job) => void, signal: AbortSignal): Promise<Job> {
    const asked = await this.ask(path, { method: "POST", body: JSON.stringify(body), headers: JSON_BODY });
    let job = (await asked.json()) as Job;
    const cancel = () => void this.ask(`jobs/${job.id}`, { method: "DELETE", keepalive: true }).catch(() => undefined);
    if (signal.aborted) cancel();
    signal.addEventListener("abort", cancel);
    try {
      for await (const next of this.follow(job, signal)) tell((job = next));
    } finally {
      signal.removeEventListener("abort", cancel);
    }
    if (job.state !== "done") throw new ApiError(job.error?.message ?? "Cancelled.", 422, job.error?.type ?? "Cancelled");
    return job;
  }

  /** A job each time it changes, to its end. */
  private async *follow(job: Job, signal: AbortSignal): AsyncGenerator<Job> {
    yield job;
    if (OVER.has(job.state)) return;
    try {
      const stream = await this.ask(`jobs/${job.id}/events`, { headers: { Accept: "text/event-stream" }, signal });
      for await (const data of eventsOf(stream.body!)) yield (job = JSON.parse(data) as Job);
    } catch (error) {
      if (signal.aborted) throw error;
    }
    while (!OVER.has(job.state)) {
      await pause(POLL);
      signal.throwIfAborted();
      yield (job = await this.job(job.id));
    }
  }

  private get = async <T>(path: string): Promise<T> => (await this.ask(path)).json() as Promise<T>;

  private async ask(path: string, init: RequestInit = {}): Promise<Response> {
    const headers = { ...init.headers, Authorization: `Bearer ${this.token}`, "Pellucid-Client": this.client };
    const response = await fetch(`/api/v1/${path}`, { ...init, headers }).catch((error: unknown) => {
      if (init.signal?.aborted) throw error;
      throw new ApiError(GONE, 0);
    });
    if (!response.ok) throw await errorOf(response);
    return response;
  }
}

const JSON_BODY = { "Content-Type": "application/json" };

async function errorOf(response: Response): Promise<ApiError> {
  const said = (await response.json().catch(() => null)) as { error?: { type?: string; message?: string } } | null;
  const retry = Number(response.headers.get("Retry-After") ?? NaN);
  const message = said?.error?.message ?? `The server answered ${response.status} ${response.statusText}.`;
  return new ApiError(message, response.status, said?.error?.type ?? "", Number.isFinite(retry) ? retry : null);
}

const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));
const random = (): string => Array.from(crypto.getRandomValues(new Uint8Array(12)), (b) => b.toString(16).padStart(2, "0")).join("");
