// A saved explanation from a file, chosen or dropped anywhere on the page.

import { useEffect, useRef, useState } from "preact/hooks";
import type { Api, ApiError } from "./api";
import { Trouble } from "./progress";

export function OpenSaved({ api, onOpened }: { api: Api; onOpened: (job: string) => void }) {
  const [error, setError] = useState<ApiError | null>(null);
  const field = useRef<HTMLInputElement>(null);
  const open = (file: Blob | undefined) => {
    if (!file) return;
    setError(null);
    api.show(file).then((job) => onOpened(job.id), setError);
  };
  const latest = useRef(open);
  latest.current = open;
  useEffect(() => {
    const over = (event: DragEvent) => {
      if (event.dataTransfer?.types.includes("Files")) event.preventDefault();
    };
    const drop = (event: DragEvent) => {
      const file = event.dataTransfer?.files[0];
      if (file) event.preventDefault(), latest.current(file);
    };
    addEventListener("dragover", over);
    addEventListener("drop", drop);
    return () => (removeEventListener("dragover", over), removeEventListener("drop", drop));
  }, []);
  return (
    <div class="open">
      <button type="button" onClick={() => field.current!.click()}>Open a saved .json</button>
      <input
        ref={field}
        type="file"
        accept=".json,application/json"
        aria-label="A saved explanation"
        hidden
        onChange={(event) => (open(event.currentTarget.files?.[0]), (event.currentTarget.value = ""))}
      />
      {error && <Trouble error={error} />}
    </div>
  );
}
