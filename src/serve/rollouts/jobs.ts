// All rollouts that trainers have asked for: so many requests at a time, each under an id by which it can be stopped.
import type { ServerResponse } from "node:http";
import type { Clock, Log } from "../../core/runtime.ts";
import type { Places } from "../places.ts";
import { Refusal } from "../refusal.ts";
import { type Job, type JobState, startJob } from "./job.ts";
import { openLines } from "./lines.ts";
import type { RolloutPlayer } from "./player.ts";
import type { PolicyVersions } from "./policyVersions.ts";
import type { RolloutsRequest } from "./request.ts";

export interface JobsOptions {
  readonly player: RolloutPlayer;
  readonly versions: PolicyVersions;
  /** Requests at a time. */
  readonly requests: Places;
  /** Rollouts at a time, of all requests together. */
  readonly rollouts: Places;
  readonly clock: Clock;
  readonly log: Log;
  /** A fresh name that cannot be guessed. */
  readonly newId: () => string;
}

export interface Jobs {
  /** Plays a request into its response. Resolves when it is over. Throws Refusal or UserError before the first line. */
  serve(request: RolloutsRequest, response: ServerResponse): Promise<void>;
  /** Stops one and waits until nothing of it is left. Throws Refusal NOT_FOUND. */
  stop(id: string, why: string): Promise<JobState>;
  list(): readonly JobState[];
  /** Stops all of them; none is begun any more. */
  close(): Promise<void>;
}

/** No request is under way yet. Contract: close it. */
export function openJobs(options: JobsOptions): Jobs {
  const { player, versions, requests, rollouts, clock, log, newId } = options;
  const jobs = new Map<string, Job>();
  let isClosed = false;
  return {
    async serve(request, response) {
      if (isClosed) throw new Refusal("STOPPING", "the server is stopping");
      const giveBack = requests.take();
      try {
        const { endpoint, policyVersion } = request;
        player.checkEndpoint(endpoint);
        const planned = await player.plan(request, () => versions.current(endpoint));
        if (isClosed || response.destroyed) {
          await planned[Symbol.asyncDispose]();
          if (isClosed) throw new Refusal("STOPPING", "the server is stopping");
          return;
        }
        if (policyVersion !== undefined) versions.set(endpoint, policyVersion);
        const id = newId();
        const concurrency = request.concurrency ?? rollouts.max;
        const lines = openLines(response, { "x-rollouts-id": id });
        const job = startJob({ id, planned, places: rollouts, concurrency, lines, clock, log });
        jobs.set(id, job);
        response.once("close", () => {
          if (!response.writableFinished) job.stop("the client went away");
        });
        try {
          await job.over;
        } finally {
          jobs.delete(id);
        }
      } finally {
        giveBack();
      }
    },
    async stop(id, why) {
      const job = jobs.get(id);
      if (job === undefined)
        throw new Refusal("NOT_FOUND", `no rollouts ${JSON.stringify(id)} are under way`);
      job.stop(why);
      await job.quiet();
      return job.state;
    },
    list: () => [...jobs.values()].map(({ state }) => state),
    async close() {
      isClosed = true;
      for (const job of jobs.values()) job.stop("the server is stopping");
      await Promise.allSettled([...jobs.values()].map(({ over }) => over));
    },
  };
}
