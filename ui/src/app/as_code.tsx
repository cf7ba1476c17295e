// The question as code, to be read and to be copied.

import { useState } from "preact/hooks";
import type { Method } from "./api";
import { announce } from "./announce";
import { asCommand, asPython } from "./code";
import type { Question } from "./state";

export function AsCode({ question, methods }: { question: Question; methods: Method[] }) {
  return (
    <details class="card code">
      <summary>The same in Python and on the command line</summary>
      <Code title="Python" code={asPython(question, methods)} />
      <Code title="command line" code={asCommand(question, methods)} />
    </details>
  );
}

function Code({ title, code }: { title: string; code: string }) {
  const [copied, setCopied] = useState("");
  const copy = () =>
    navigator.clipboard.writeText(code).then(
      () => (setCopied(code), announce(`Copied as ${title}.`)),
      () => announce("The browser does not let this page copy: select the code instead."),
    );
  return (
    <figure>
      <figcaption class="row">
        <button type="button" onClick={() => void copy()}>{copied === code ? "Copied" : `Copy as ${title}`}</button>
      </figcaption>
      <pre tabIndex={0} aria-label={`Code for ${title}`}>{code}</pre>
    </figure>
  );
}
