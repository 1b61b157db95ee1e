// How this room asks for a thread that is not the event loop's. The compute room's pool fits it; this room knows no pool.

/** Calls `run(input, feed, tell)` of the module at a URL on another thread, copying what crosses; see the compute room. */
export type OffThread = (
  moduleUrl: string,
  input: unknown,
  signal: AbortSignal,
  feed?: AsyncIterable<unknown>,
  hear?: (news: unknown) => void,
) => Promise<unknown>;

/** The URL of a module beside the caller's, whether it runs from TypeScript sources or from what was built of them. */
export function besides(callerUrl: string, name: string): string {
  return new URL(`./${name}${callerUrl.endsWith(".ts") ? ".ts" : ".js"}`, callerUrl).href;
}
