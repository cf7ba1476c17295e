// A text/event-stream read by hand: EventSource cannot send the header with the token.

/** The data of each event, as it comes. */
export async function* eventsOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const reader = stream.getReader();
  const decoder = new TextDecoder();
  let rest = "";
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      rest += decoder.decode(value, { stream: true });
      const events = rest.split(/\r?\n\r?\n/);
      rest = events.pop()!;
      for (const event of events) {
        const data = event.split(/\r?\n/).flatMap((line) => (line.startsWith("data:") ? [line.slice(5).replace(/^ /, "")] : []));
        if (data.length) yield data.join("\n");
      }
    }
  } finally {
    void reader.cancel().catch(() => undefined);
  }
}
