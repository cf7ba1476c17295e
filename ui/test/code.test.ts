// The question as code: quoting, types of options, what is left out.

import { expect, test } from "vitest";
import { asCommand, asPython } from "../src/app/code";
import type { Method } from "../src/app/api";
import { NOTHING, type Question } from "../src/app/state";

const option = (name: string, kind: string, type: string) => ({ name, kind, type, default: null, choices: null, help: "" });
const METHODS = [
  { name: "lime", options: [option("samples", "integer", "INTEGER"), option("layers", "list", "INTEGER,..."), option("signed", "boolean", "true|false")] },
] as unknown as Method[];
const ASKED: Question = { ...NOTHING, model: "demo-lm", text: "It's \"so\"\n$HOME", by: "lime", target: " Paris", span: [1, 6] };

test("a text with quotes, breaks and dollars is one word of a shell and one string of Python", () => {
  expect(asCommand(ASKED, METHODS)).toBe(`pellucid explain --by lime --model demo-lm --target ' Paris' --span 1:6 'It'\\''s "so"\n$HOME'\n`);
  expect(asPython(ASKED, METHODS)).toContain('text = "It\'s \\"so\\"\\n$HOME"');
  expect(asPython(ASKED, METHODS)).toContain('pellucid.explain(model, text, by="lime", target=" Paris", span=(1, 6))');
});

test("options have their types", () => {
  const asked = { ...ASKED, options: { samples: "64", layers: "1,2", signed: "false" } };
  expect(asPython(asked, METHODS)).toContain("samples=64, layers=(1, 2), signed=False)");
  expect(asCommand(asked, METHODS)).toContain("--samples 64 --layers 1,2 --no-signed");
});

test("what begins with a dash is no flag", () => {
  expect(asCommand({ ...ASKED, text: "-x", target: "-1" }, METHODS)).toContain("--target=-1 --span 1:6 -- -x");
});

test("a second method has its own line, without the first one's options", () => {
  const asked = { ...ASKED, second: "banzhaf", options: { samples: "64" } };
  expect(asCommand(asked, METHODS).match(/--samples/g)).toHaveLength(1);
  expect(asPython(asked, METHODS)).toContain('other = pellucid.explain(model, text, by="banzhaf", target=" Paris", span=(1, 6))');
});
