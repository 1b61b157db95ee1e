// Sends a notice, a few times if it must. Whatever happens to it, the run goes on: a notice that is lost is a warning in the log.
import { errorText } from "../core/errors.ts";
import type { Clock, Log } from "../core/runtime.ts";
import type { Notice, NotifyConfig } from "./notice.ts";
import { postNotice } from "./postNotice.ts";
import { runNotifier } from "./runNotifier.ts";

/** Tries of one notice, the first included. */
export const TRIES_MAX = 3;
/** One try, from its start to its answer. */
export const TRY_MS_MAX = 10_000;
/** Wait before the second try; it doubles. */
export const WAIT_MS = 1_000;

export interface NotifyDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly env: (name: string) => string | undefined;
}

/** Resolves when the notice was taken, or when it was given up: true or false. Never rejects. */
export async function notify(config: NotifyConfig, notice: Notice, deps: NotifyDeps): Promise<boolean> {
  const { clock, log, env } = deps;
  const body = JSON.stringify(notice);
  for (let tried = 1; ; tried++) {
    try {
      await send(config, body, env);
      return true;
    } catch (error) {
      const fields = { status: notice.status, tried, of: TRIES_MAX, error: errorText(error) };
      if (tried === TRIES_MAX) {
        log.warn("notice-not-delivered", fields);
        return false;
      }
      log.info("notice-tried-again", fields);
      await clock.sleep(WAIT_MS * 2 ** (tried - 1));
    }
  }
}

function send(config: NotifyConfig, body: string, env: NotifyDeps["env"]): Promise<void> {
  if ("command" in config) {
    const visible = ["PATH", "HOME", ...config.env].flatMap((name) => {
      const value = env(name);
      return value === undefined ? [] : [[name, value] as const];
    });
    return runNotifier(config.command, body, Object.fromEntries(visible), TRY_MS_MAX);
  }
  if ("webhook" in config) return postNotice(config.webhook, body, TRY_MS_MAX);
  const url = env(config.webhookEnv);
  if (!url) throw new Error(`${config.webhookEnv} is not set`);
  return postNotice(url, body, TRY_MS_MAX);
}
