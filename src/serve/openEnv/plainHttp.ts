// The OpenEnv protocol over plain HTTP, for clients without WebSockets: an episode is held under its id until it is closed or idle.
import { Refusal } from "../refusal.ts";
import type { Observed, ResetRequest, SentAction, SentState } from "./messages.ts";
import type { Session } from "./session.ts";
import type { Sessions } from "./sessions.ts";

export interface PlainHttp {
  /** Begins an episode; its id is in `observation.info.episode_id`. One of the same id is over. */
  reset(request: ResetRequest): Promise<Observed>;
  step(of: {
    readonly episodeId?: string;
    readonly action: SentAction;
    readonly timeoutMs?: number;
  }): Promise<Observed>;
  state(episodeId?: string): SentState;
  close(episodeId?: string): Promise<void>;
}

/** The episodes of all clients without WebSockets, which `sessions` counts like any other. */
export function plainHttp(sessions: Sessions, newId: () => string): PlainHttp {
  const held = new Map<string, Session>();
  /** The episode that is meant: by its id, or the only one there is. */
  const find = (episodeId?: string): Session => {
    const id = episodeId ?? (held.size === 1 ? [...held.keys()][0] : undefined);
    if (id === undefined) {
      throw new Refusal(
        "SESSION_ERROR",
        held.size === 0
          ? "no episode is open: POST /reset first"
          : `${held.size} episodes are open: say which with episode_id, as /reset answered it`,
      );
    }
    const session = held.get(id);
    if (session === undefined)
      throw new Refusal("SESSION_ERROR", `there is no open episode ${JSON.stringify(id)}`);
    return session;
  };
  const forget = async (id: string) => {
    const session = held.get(id);
    held.delete(id);
    if (session !== undefined) await sessions.close(session);
  };
  return {
    async reset(request) {
      const id = request.episode_id ?? newId();
      const known = held.get(id);
      const session = known ?? sessions.open(() => held.delete(id));
      held.set(id, session);
      try {
        const { observation, ...rest } = await session.reset({ ...request, episode_id: id });
        return { observation: { ...observation, info: { ...observation.info, episode_id: id } }, ...rest };
      } catch (error) {
        if (known === undefined) await forget(id);
        throw error;
      }
    },
    step: ({ episodeId, action, timeoutMs }) => find(episodeId).step(action, timeoutMs),
    state: (episodeId) => find(episodeId).state,
    async close(episodeId) {
      const session = find(episodeId);
      for (const [id, one] of held) if (one === session) await forget(id);
    },
  };
}
