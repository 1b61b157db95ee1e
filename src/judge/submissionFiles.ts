// Fetches the files of a submission by content and holds them against the task's declaration. It runs none of them.

import { within } from "../core/errors.ts";
import { type SubmissionId, submissionManifestSchema } from "../core/evaluation.ts";
import { sha256 } from "../core/hash.ts";
import type { BlobStore, SandboxFile } from "../core/sandbox.ts";
import { covers, FOLDER_FILES_MAX, isFolderPath } from "../core/submissionPath.ts";
import type { TaskDefinition } from "../core/task.ts";

/** Where a submission lies in either room. */
export const SUBMISSION_FOLDER = "submission";

/**
 * The declared files, to be laid under `submission/`; or the sentence that says what is missing, too large or not
 * declared. Throws BoundaryError("judge") when the store does not have what the id names.
 */
export async function submissionFiles(
  declared: TaskDefinition["submission"],
  submission: SubmissionId,
  blobs: BlobStore,
): Promise<{ readonly files: readonly SandboxFile[] } | { readonly reason: string }> {
  return within("judge", `reading submission ${submission}`, async () => {
    const manifest = submissionManifestSchema.parse(JSON.parse(await text(blobs, submission)));
    const stray = manifest.find((file) => !declared.some(({ path }) => covers(path, file.path)));
    if (stray) return { reason: `${stray.path} is not a file of the submission` };
    const files: SandboxFile[] = [];
    for (const { path, bytesMax } of declared) {
      if (isFolderPath(path)) {
        const below = manifest.filter(
          (file) => covers(path, file.path) && !declared.some((other) => other.path === file.path),
        );
        const bytes = below.reduce((sum, file) => sum + file.bytes, 0);
        if (bytes > bytesMax) return { reason: `${path} is larger than ${bytesMax} bytes` };
        if (below.length > FOLDER_FILES_MAX)
          return { reason: `${path} has more than ${FOLDER_FILES_MAX} files` };
        for (const file of below) {
          const data = await checked(blobs, file.sha256);
          files.push({ path: `${SUBMISSION_FOLDER}/${file.path}`, data, executable: false });
        }
        continue;
      }
      const entry = manifest.find((file) => file.path === path);
      if (entry === undefined) return { reason: `${path} is missing` };
      if (entry.bytes > bytesMax) return { reason: `${path} is larger than ${bytesMax} bytes` };
      const data = await checked(blobs, entry.sha256);
      files.push({ path: `${SUBMISSION_FOLDER}/${path}`, data, executable: false });
    }
    return { files };
  });
}

async function text(blobs: BlobStore, id: string): Promise<string> {
  return new TextDecoder("utf-8", { fatal: true }).decode(await checked(blobs, id));
}

async function checked(blobs: BlobStore, id: string): Promise<Uint8Array> {
  const data = await blobs.get(id);
  if (sha256(data) !== id) throw new Error(`the store gave other bytes than ${id}`);
  return data;
}
