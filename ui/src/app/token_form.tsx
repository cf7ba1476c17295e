// Where there is no token, or a wrong one: what it is, and where it stands.

import { useState } from "preact/hooks";
import { Words } from "./field";
import { tokenIn } from "./token";

export function TokenForm({ wrong, onToken }: { wrong: boolean; onToken: (token: string) => void }) {
  const [typed, setTyped] = useState("");
  const token = tokenIn(typed.trim()) || typed.trim();
  return (
    <main class="card gate">
      <h1>{wrong ? "That is not this server's token" : "This page needs the server's token"}</h1>
      <p>
        So that no other page can ask your models, the server takes work only from who has its token. It stands in the
        address that <code>pellucid serve</code> printed where you started it, behind <code>#token=</code>, and is another one
        after each start.
      </p>
      <form onSubmit={(event) => (event.preventDefault(), token && onToken(token))}>
        <Words label="The address, or the token alone" value={typed} none="127.0.0.1:8321/#token=…" onValue={setTyped} />
        <button type="submit" class="primary" disabled={!token}>Go on</button>
      </form>
      {wrong && <p role="alert" class="trouble">The server refused the token that this tab had.</p>}
    </main>
  );
}
