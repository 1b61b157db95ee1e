// Collects the declared submission files from a sandbox into the blob store. It judges nothing but presence and size.
import { randomUUID } from "node:crypto";
import type { SubmissionId, SubmissionManifest } from "../core/evaluation.ts";
import { canonicalJson } from "../core/json.ts";
import { type BlobStore, FileAccessError, type Sandbox } from "../core/sandbox.ts";
import type { Secrets } from "../core/secrets.ts";
import { filesBelow, isFolderPath } from "../core/submissionPath.ts";
import type { TaskDefinition } from "../core/task.ts";

export type Submission =
  | { readonly id: SubmissionId; readonly manifest: SubmissionManifest }
  | { readonly reason: string };

/**
 * Reads each declared file as it is now and stores it, and the manifest over them, by content. When files cannot be
 * had the reason names every one of them, in words for the agent; then no manifest is stored.
 */
export async function collectSubmission(
  files: TaskDefinition["submission"],
  sandbox: Sandbox,
  { blobs, secrets }: { readonly blobs: BlobStore; readonly secrets: Pick<Secrets, "foundIn"> },
  signal: AbortSignal,
): Promise<Submission> {
  const found = new Map<string, SubmissionManifest[number]>();
  const problems: string[] = [];
  const take = async (path: string, bytesMax: number) => {
    signal.throwIfAborted();
    const data = await readDeclared(sandbox, path, bytesMax);
    if (typeof data === "string") problems.push(data);
    // Bytes are never rewritten: what would be judged would not be what was handed in.
    else if (secrets.foundIn(data) !== null)
      problems.push(`\`${path}\` holds a secret of the machine it was made on.`);
    else {
      found.set(path, { path, sha256: await blobs.put(data), bytes: data.byteLength });
      return data.byteLength;
    }
    return 0;
  };
  for (const { path, bytesMax } of [...files].sort((a, b) => (a.path < b.path ? -1 : 1))) {
    if (!isFolderPath(path)) {
      await take(path, bytesMax);
      continue;
    }
    const below = await filesBelow(sandbox, path, { actionId: `submission/${randomUUID()}`, signal });
    if (typeof below === "string") problems.push(below);
    let left = bytesMax;
    for (const name of typeof below === "string" ? [] : below) {
      if (problems.length === 0) left -= await take(name, left);
    }
  }
  if (problems.length > 0) return { reason: problems.join(" ") };
  const manifest: SubmissionManifest = [...found.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
  const id = await blobs.put(new TextEncoder().encode(canonicalJson(manifest)));
  return { id, manifest };
}

async function readDeclared(sandbox: Sandbox, path: string, bytesMax: number): Promise<Uint8Array | string> {
  try {
    return await sandbox.read(path, bytesMax);
  } catch (error) {
    if (error instanceof FileAccessError) return problemText(error, path, bytesMax);
    throw error;
  }
}

function problemText(error: FileAccessError, path: string, bytesMax: number): string {
  switch (error.code) {
    case "missing":
      return `The file \`${path}\` is missing.`;
    case "notAFile":
      return `\`${path}\` is not a regular file.`;
    case "tooLarge":
      return `\`${path}\` is larger than the ${bytesMax} bytes allowed.`;
    case "denied":
    case "full":
      return `\`${path}\` cannot be read.`;
    default:
      return error.code satisfies never;
  }
}
