// A hub's repository of a dataset: the only file that reaches one. What a lost connection leaves open is decided by reading again.
import { openAsBlob } from "node:fs";
import path from "node:path";
import { errorText, UserError } from "../core/errors.ts";
import { HubError } from "./hubError.ts";
import type { LocalFile } from "./pushFolder.ts";

const TRIES_MAX = 5;
const BACKOFF_MS = 500;
const REQUEST_MS_MAX = 600_000;

export interface HubOptions {
  /** ORG/NAME. */
  readonly name: string;
  readonly token: string;
  /** Null: the library's own. */
  readonly endpoint: string | null;
  readonly signal: AbortSignal;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
}

export interface RemoteFile {
  readonly path: string;
  /** SHA-256 of a large file, else git's SHA-1. */
  readonly oid: string;
}

export interface RemoteState {
  readonly head: string;
  readonly files: readonly RemoteFile[];
}

export interface HubRepository {
  /** Null: there is none, or none that this token may see. */
  read(): Promise<RemoteState | null>;
  create(visibility: "private" | "public"): Promise<void>;
  /** Adds files in one commit on top of `parent`, or throws; a commit that fails may have landed. */
  commit(dir: string, files: readonly LocalFile[], parent: string, title: string): Promise<void>;
}

/** Opens nothing: every method asks the hub anew. Throws UserErrors for what the user can mend. */
export async function hubRepository({
  name,
  token,
  endpoint,
  signal,
  sleep,
}: HubOptions): Promise<HubRepository> {
  const hub = await import("@huggingface/hub");
  const shared = {
    accessToken: token,
    fetch: patientFetch(signal, sleep),
    ...(endpoint === null ? {} : { hubUrl: endpoint }),
  };
  const repo = { type: "dataset", name } as const;
  const asked = async <T>(what: string, work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      signal.throwIfAborted();
      const status = error instanceof hub.HubApiError ? error.statusCode : null;
      if (status === 401)
        throw new UserError(`the hub does not know this token (${what}); make a new one with write access`, {
          cause: error,
        });
      if (status === 403) {
        throw new UserError(
          `the token has no write access to ${name} (${what}); make one that may write there`,
          { cause: error },
        );
      }
      // What is not there is an answer, too.
      if (status === null || status === 404) throw error;
      throw new HubError(`the hub answered ${status} (${what}): ${errorText(error)}`, { cause: error });
    }
  };
  return {
    read: async () => {
      try {
        const { sha } = await asked("reading", () =>
          hub.datasetInfo({ ...shared, name, additionalFields: ["sha"] }),
        );
        const files: RemoteFile[] = [];
        await asked("listing", async () => {
          for await (const entry of hub.listFiles({ ...shared, repo, recursive: true, revision: sha })) {
            if (entry.type === "file")
              files.push({ path: entry.path, oid: entry.lfs?.oid ?? entry.oid ?? "" });
          }
        });
        return { head: sha, files };
      } catch (error) {
        if (error instanceof hub.HubApiError && error.statusCode === 404) return null;
        throw error;
      }
    },
    create: async (visibility) => {
      await asked("creating the repository", () => hub.createRepo({ ...shared, repo, visibility }));
    },
    commit: async (dir, files, parent, title) => {
      const operations = await Promise.all(
        files.map(async (file) => ({
          operation: "addOrUpdate" as const,
          path: file.path,
          content: await openAsBlob(path.join(dir, file.path)),
        })),
      );
      await asked("committing", () =>
        hub.commit({
          ...shared,
          repo,
          title,
          operations,
          parentCommit: parent,
          useXet: false,
          abortSignal: signal,
        }),
      );
    },
  };
}

/** A fetch that asks again after 429, 5xx and lost connections, but never for what a second time would do twice. */
function patientFetch(signal: AbortSignal, sleep: HubOptions["sleep"]): typeof fetch {
  return async (input, init) => {
    const url = input instanceof Request ? input.url : String(input);
    const tries = /\/(?:commit\/[^/]+|repos\/create)$/.test(new URL(url).pathname) ? 1 : TRIES_MAX;
    for (let attempt = 1; ; attempt++) {
      const signals = [signal, AbortSignal.timeout(REQUEST_MS_MAX), ...(init?.signal ? [init.signal] : [])];
      try {
        const response = await fetch(input, { ...init, signal: AbortSignal.any(signals) });
        const isPassing = response.status === 429 || response.status >= 500;
        if (!isPassing || attempt >= tries) return response;
        await response.body?.cancel();
      } catch (error) {
        signal.throwIfAborted();
        if (attempt >= tries)
          throw new HubError(`${new URL(url).host} cannot be reached: ${errorText(error)}`, { cause: error });
      }
      await sleep(BACKOFF_MS * 2 ** (attempt - 1), signal);
    }
  };
}
