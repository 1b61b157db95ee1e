// A notice by webhook: one POST of JSON. The URL may hold a token, so no error names more of it than its host.
import { errorText } from "../core/errors.ts";

/** Resolves on an answer in 200–299. Rejects otherwise, and after `msMax`. */
export async function postNotice(url: string, body: string, msMax: number): Promise<void> {
  const host = URL.canParse(url) ? new URL(url).host : "the webhook's URL, which is none";
  let status: number;
  try {
    const response = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body,
      redirect: "error",
      signal: AbortSignal.timeout(msMax),
    });
    status = response.status;
    await response.body?.cancel();
  } catch (error) {
    throw new Error(`${host}: ${errorText(error).replaceAll(url, host)}`);
  }
  if (status < 200 || status > 299) throw new Error(`${host} answered ${status}`);
}
