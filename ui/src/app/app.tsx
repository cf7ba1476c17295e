// The app: one question, its answer and how far to trust it, on one screen. Written against src/pellucid/app.

import "./app.css";
import { render } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";
import { Announcer } from "./announce";
import { Api, ApiError, type Method, type Model } from "./api";
import { Desk } from "./desk";
import { Trouble } from "./progress";
import { forgetToken, keepToken, takeToken } from "./token";
import { TokenForm } from "./token_form";

export function startApp(root: HTMLElement): void {
  root.textContent = "";
  render(<App />, root);
}

type Start = { state: "asking" } | { state: "ready"; models: Model[]; methods: Method[] } | { state: "failed"; error: ApiError };

function App() {
  const [token, setToken] = useState(takeToken);
  const [wrong, setWrong] = useState(false);
  const [start, setStart] = useState<Start>({ state: "asking" });
  const api = useMemo(() => new Api(token), [token]);
  const begin = () => {
    setStart({ state: "asking" });
    Promise.all([api.models(), api.methods()]).then(
      ([models, methods]) => (setWrong(false), setStart({ state: "ready", models, methods })),
      (error: ApiError) => (error.status === 401 ? (forgetToken(), setWrong(true), setToken("")) : setStart({ state: "failed", error })),
    );
  };
  useEffect(() => void (token && begin()), [api]);
  const enter = (token: string) => (keepToken(token), setToken(token));
  return (
    <>
      {!token && <TokenForm wrong={wrong} onToken={enter} />}
      {token && start.state === "asking" && <p class="card gate quiet">Asking the server what it has …</p>}
      {start.state === "failed" && <main class="card gate"><Trouble error={start.error} onAgain={begin} /></main>}
      {token && start.state === "ready" && <Desk api={api} methods={start.methods} known={start.models} />}
      <Announcer />
    </>
  );
}
