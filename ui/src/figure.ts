// A figure as Python sends it (view/in_browser/payload.py has the same shapes), opened. What is no number is null.

export type Num = number | null;
export type Span = [number, number] | null;

export interface Figure {
  version: number;
  made: string;
  title: string;
  subtitle: string;
  parts: Part[];
  texts: string[];
}

export type Part = Highlight | Heatmap | Table | Prose | Heading | Record | Heads | Lens | Flow | Curve | Strand | Trust;
export type Kind = Part["kind"];
export type PartOf<K extends Kind> = Extract<Part, { kind: K }>;

/** Texts stand once per figure; a part has its number, or -1. */
interface OfText {
  text: number;
}

/** [what is shown, its mark or -1, which part of the mark's characters, of how many] */
export type Piece = [string, number, number, number];

export interface Highlight extends OfText {
  kind: "highlight";
  marks: { start: number[]; end: number[]; value: Num[]; error?: Num[]; name?: string[] };
  lines: Piece[][];
  sentences?: [number, number][];
  /** The number of the strongest colour, where it is not that of the largest mark: of figures on one scale. */
  limit?: number;
  signed: boolean;
  units: string;
  caption: string;
}

export interface Heatmap extends OfText {
  kind: "heatmap";
  values: Num[][];
  rows: string[];
  columns: string[];
  row_title: string;
  column_title: string;
  row_spans: Span[];
  column_spans: Span[];
  signed: boolean;
  units: string;
  caption: string;
}

export interface Table {
  kind: "table";
  headings: string[];
  rows: string[][];
  right: number[];
  caption: string;
  ranges: (Range | null)[];
}

/** The number that a row is about, with its interval; chance's own is held against the others. */
export interface Range {
  value: number;
  low: Num;
  high: Num;
  chance: boolean;
}

export interface Prose {
  kind: "prose";
  lines: string[];
}

/** The name of what follows, up to the next one. */
export interface Heading {
  kind: "heading";
  words: string;
  about: string;
}

export interface Record {
  kind: "record";
  summary: string;
  facts: [string, string][];
  notes: string[];
}

export interface Axis {
  labels: string[];
  spans: Span[];
}

/** Numbers of (layer, head, query, key): quantised, compressed, layer by layer; view/in_browser/packed.py says how. */
export interface Packed {
  shape: [number, number, number, number];
  levels: number;
  hidden: number[];
  limits: number[][];
  errors: number[][];
  layers: (string | null)[];
  overview: { rows: number; columns: number; levels: number; codes: string };
  strongest: ([number, number, number] | null)[][];
  first: Num[][];
}

export interface Heads extends OfText {
  kind: "heads";
  values: Packed;
  layers: string[];
  heads: string[];
  queries: Axis;
  keys: Axis;
  signed: boolean;
  units: string;
  caption: string;
}

/** One answer through the layers: by [layer][position]. */
export interface Tracked {
  name: string;
  probability: Num[][];
  rank: Num[][];
}

/** What each layer would say: by [layer][position][candidate]. */
export interface Lens extends OfText {
  kind: "lens";
  tokens: string[][][];
  probabilities: Num[][][];
  layers: string[];
  positions: Axis;
  tracked: Tracked[];
  answer: number;
  caption: string;
}

export interface Node {
  name: string;
  rank: number;
  lane: number;
}

export interface Flow {
  kind: "flow";
  nodes: Node[];
  edges: [number, number, number][];
  ports: string[];
  among: number;
  signed: boolean;
  units: string;
  caption: string;
}

export interface Line {
  name: string;
  values: Num[];
  low: Num[];
  high: Num[];
}

export interface Curve {
  kind: "curve";
  at: number[];
  lines: Line[];
  x_title: string;
  units: string;
  caption: string;
  references: [number, string][];
}

export interface Step {
  words: string;
  value: Num;
  badge: string;
}

export interface Strand {
  kind: "strand";
  steps: Step[];
  links: [number, number, number][];
  signed: boolean;
  units: string;
  caption: string;
}

/** [name, mean, low, high, p] */
export type Control = [string, Num, Num, Num, Num];

export interface Gauge {
  metric: string;
  value: Num;
  better: "higher" | "lower";
  bounds: [number, number];
  says: string;
  interval: [number, number] | null;
  controls: Control[];
  reason: string;
  verdict: string;
  of: string;
}

export interface Trust {
  kind: "trust";
  gauges: Gauge[];
  word: string;
  sentence: string;
  caption: string;
}
