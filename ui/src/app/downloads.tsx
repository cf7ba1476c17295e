// A result as a file. The token goes with the request, so that no address of a file holds it.

import { useState } from "preact/hooks";
import { ApiError, type Api } from "./api";
import { announce } from "./announce";
import { Trouble } from "./progress";

const SUFFIXES = ["json", "html", "png"];

export function Downloads({ api, id, name }: { api: Api; id: string; name: string }) {
  const [error, setError] = useState<ApiError | null>(null);
  const fetchFile = async (suffix: string) => {
    setError(null);
    try {
      keep(await api.file(id, suffix), `${name}.${suffix}`);
      announce(`${name}.${suffix} is downloaded.`);
    } catch (failed) {
      setError(failed as ApiError);
    }
  };
  return (
    <>
      <span class="choice" role="group" aria-label="Download">
        {SUFFIXES.map((suffix) => (
          <button key={suffix} type="button" aria-label={`Download as ${suffix.toUpperCase()}`} onClick={() => void fetchFile(suffix)}>↓ {suffix.toUpperCase()}</button>
        ))}
      </span>
      {error && <Trouble error={error} />}
    </>
  );
}

function keep(file: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
