// Files as camsvc sends them, with how much of them has come.

import { Failure } from "./failure";

/** Read a file whole. Fails with a Failure, or with what `signal` was ended by. */
export async function readFile(
  url: string,
  onBytes: (bytes: number) => void,
  signal: AbortSignal,
): Promise<Blob> {
  let response: Response;
  try {
    response = await fetch(url, { signal });
  } catch (why) {
    throw signal.aborted ? why : new Failure("offline", "camsvc does not answer");
  }
  if (!response.ok || !response.body) {
    const answer = (await response.json().catch(() => ({}))) as {
      error?: Parameters<typeof Failure.from>[0];
    };
    throw answer.error ? Failure.from(answer.error) : Failure.notCamsvc(response.status);
  }
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let bytes = 0;
  const reader = response.body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    chunks.push(value);
    onBytes((bytes += value.length));
  }
  return new Blob(chunks, { type: response.headers.get("content-type") ?? "" });
}
