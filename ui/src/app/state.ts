// What is asked is the page's address: whoever reloads it, goes back to it or keeps it sees the same again.
//
// A text of up to `PLAIN` characters stands in the address as it is, a longer one compressed (deflate, base64url) as
// long as that fits `MOST` characters. One that does not is kept with the entry of the tab's history: it is there after
// a reload and on the way back, but not in another tab.

export interface Question {
  model: string;
  text: string;
  /** The second of two texts, for models that read pairs: a hypothesis, a context. */
  pair: string;
  /** The method; "" where nothing is to be explained yet. */
  by: string;
  target: string;
  against: string;
  scale: string;
  unit: string;
  /** The part of the target that is explained, as a range of its characters. */
  span: [number, number] | null;
  /** The method's own options, as they were typed. */
  options: { [name: string]: string };
  /** How many tokens the model has been asked to write; 0 is none. */
  write: number;
  /** A second method, shown beside the first. */
  second: string;
  /** Parts of the text that are taken away to try the explanation; null where it is not tried. */
  removed: number[] | null;
  /** The methods whose explanations are put to the test, and whether both are measured beside each other. */
  judged: string[];
  measured: boolean;
  /** A saved explanation that is shown instead, by its job. */
  shown: string;
}

export const NOTHING: Question = {
  model: "", text: "", pair: "", by: "", target: "", against: "", scale: "", unit: "", span: null, options: {}, write: 0, second: "",
  removed: null, judged: [], measured: false, shown: "",
};

/** What an entry of the history holds beside its address. */
export interface Entry {
  /** The text, where it is too long for the address. */
  text?: string;
  /** What has been typed since, and not been asked. */
  draft?: Question;
}

export const PLAIN = 1500;
export const MOST = 12000;
const WORDS = ["model", "pair", "by", "target", "against", "scale", "unit", "second", "shown"] as const;
const OPTION = "o.";

/** The query of a question, "" for nothing; and what its history entry has to hold. */
export async function addressOf(question: Question): Promise<[query: string, entry: Entry]> {
  const query = new URLSearchParams();
  const entry: Entry = {};
  if (question.text.length <= PLAIN) {
    if (question.text) query.set("text", question.text);
  } else {
    const packed = await deflated(question.text);
    if (packed.length <= MOST) query.set("packed", packed);
    else query.set("kept", String(question.text.length)), (entry.text = question.text);
  }
  for (const word of WORDS) if (question[word]) query.set(word, question[word]);
  if (question.span) query.set("span", question.span.join(":"));
  if (question.write) query.set("write", String(question.write));
  if (question.removed) query.set("removed", question.removed.join("."));
  if (question.judged.length) query.set("judged", question.judged.join(" "));
  if (question.measured) query.set("measured", "yes");
  for (const [name, value] of Object.entries(question.options)) if (value !== "") query.set(OPTION + name, value);
  const words = query.toString();
  return [words && `?${words}`, entry];
}

/** The question of an address. What is no such address is nothing asked; `lost` says what it does not hold. */
export async function questionOf(search: string, entry: Entry | null): Promise<{ question: Question; lost: boolean }> {
  const query = new URLSearchParams(search);
  const question: Question = { ...NOTHING, options: {} };
  for (const word of WORDS) question[word] = query.get(word) ?? "";
  question.span = spanOf(query.get("span"));
  question.write = wholeOf(query.get("write")) ?? 0;
  question.removed = query.has("removed") ? query.get("removed")!.split(".").flatMap((at) => wholeOf(at) ?? []) : null;
  question.judged = (query.get("judged") ?? "").split(" ").filter(Boolean);
  question.measured = query.get("measured") === "yes";
  for (const [name, value] of query) if (name.startsWith(OPTION)) question.options[name.slice(OPTION.length)] = value;
  const packed = query.get("packed");
  const text = packed === null ? (query.get("text") ?? entry?.text ?? "") : await inflated(packed).catch(() => null);
  question.text = text ?? "";
  return { question, lost: text === null || (query.has("kept") && !entry?.text) };
}

/** Questions to the same model about the same text: what the model says is the same. */
export const sameText = (one: Question, other: Question): boolean =>
  one.model === other.model && one.text === other.text && one.pair === other.pair;

/** Questions about the same answer: what a part of the answer is a part of. */
export const sameAnswer = (one: Question, other: Question): boolean => sameText(one, other) && one.target === other.target;

function spanOf(words: string | null): [number, number] | null {
  const [start, end, more] = (words ?? "").split(":").map(wholeOf);
  return start != null && end != null && more === undefined && start < end ? [start, end] : null;
}

const wholeOf = (words: string | null | undefined): number | null => (words && /^\d{1,9}$/.test(words) ? Number(words) : null);

async function deflated(text: string): Promise<string> {
  const bytes = await through(new TextEncoder().encode(text), new CompressionStream("deflate-raw"));
  return btoa(Array.from(bytes, (b) => String.fromCharCode(b)).join("")).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

async function inflated(packed: string): Promise<string> {
  const bytes = Uint8Array.from(atob(packed.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
  return new TextDecoder().decode(await through(bytes, new DecompressionStream("deflate-raw")));
}

async function through(bytes: Uint8Array<ArrayBuffer>, by: CompressionStream | DecompressionStream): Promise<Uint8Array> {
  return new Uint8Array(await new Response(new Blob([bytes]).stream().pipeThrough(by)).arrayBuffer());
}
