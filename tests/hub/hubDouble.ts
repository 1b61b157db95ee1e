// A hub in one process: repositories with commits, large files by SHA-256, and what is asked for them over HTTP. It can fail or fall silent
// at any request, before or after what the request does.
import { createHash } from "node:crypto";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { z } from "zod";

export const TOKEN = "hf_doubleDoubleToil";

/** What becomes of a request: carried out, refused with a status, or done and never answered. */
export type Fate = "answer" | number | "cutBefore" | "cutAfter";

export interface HubDouble {
  readonly url: string;
  readonly files: Map<string, { readonly oid: string; readonly lfs: boolean }>;
  readonly objects: Map<string, Buffer>;
  /** Paths of each commit, oldest first. */
  readonly commits: string[][];
  readonly requests: string[];
  readonly state: { exists: boolean; isPrivate: boolean | null; head: string };
  /** Is asked for every request, counted from 0. */
  fate: (index: number, what: string) => Fate;
  close(): Promise<void>;
}

const lineSchema = z.object({ key: z.string(), value: z.record(z.string(), z.unknown()) });

export async function hubDouble(name: string): Promise<HubDouble> {
  const server = createServer(async (request, response) => {
    const body = await bodyOf(request);
    const what = `${request.method} ${(request.url ?? "").split("?")[0]}`;
    const fate = double.fate(double.requests.length, what);
    double.requests.push(what);
    if (fate === "cutBefore") return request.socket.destroy();
    if (typeof fate === "number") return response.writeHead(fate).end();
    const isPut = request.method === "PUT";
    const isKnown = isPut || request.headers.authorization === `Bearer ${TOKEN}`;
    const [status, answer] = isKnown ? answerTo(what, body) : [401, { error: "Invalid credentials" }];
    if (fate === "cutAfter") return request.socket.destroy();
    return response
      .writeHead(status, { "content-type": "application/json" })
      .end(isPut ? "" : JSON.stringify(answer));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address() as AddressInfo;
  const double: HubDouble = {
    url: `http://127.0.0.1:${address.port}`,
    files: new Map(),
    objects: new Map(),
    commits: [],
    requests: [],
    state: { exists: false, isPrivate: null, head: "0".repeat(40) },
    fate: () => "answer",
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };

  function answerTo(what: string, body: Buffer): [number, unknown] {
    const json = (): unknown => JSON.parse(body.toString());
    if (what.startsWith("PUT /objects/")) {
      const oid = what.slice("PUT /objects/".length);
      if (createHash("sha256").update(body).digest("hex") !== oid) return [400, {}];
      double.objects.set(oid, body);
      return [200, {}];
    }
    if (what === "POST /api/repos/create") {
      if (double.state.exists) return [409, { error: "You already created this dataset repo" }];
      double.state.exists = true;
      double.state.isPrivate = z.object({ visibility: z.string() }).parse(json()).visibility === "private";
      return [200, { url: "", id: name }];
    }
    if (!double.state.exists) return [404, { error: "Repository not found" }];
    if (what.startsWith(`GET /api/datasets/${name}/revision/`)) {
      return [200, { _id: "1", id: name, sha: double.state.head, private: double.state.isPrivate }];
    }
    if (what.startsWith(`GET /api/datasets/${name}/tree/`)) {
      return [
        200,
        [...double.files].map(([path, { oid, lfs }]) => ({
          type: "file",
          path,
          size: 0,
          oid: lfs ? "a".repeat(40) : oid,
          ...(lfs ? { lfs: { oid, size: 0, pointerSize: 0 } } : {}),
        })),
      ];
    }
    if (what === `POST /api/datasets/${name}/preupload/main`) {
      const { files } = z.object({ files: z.array(z.object({ path: z.string() })) }).parse(json());
      const mode = (path: string) => (path.startsWith("data/") ? "lfs" : "regular");
      return [
        200,
        { files: files.map(({ path }) => ({ path, uploadMode: mode(path), shouldIgnore: false })) },
      ];
    }
    if (what === `POST /datasets/${name}.git/info/lfs/objects/batch`) {
      const { objects } = z
        .object({ objects: z.array(z.object({ oid: z.string(), size: z.number() })) })
        .parse(json());
      return [
        200,
        {
          transfer: "basic",
          objects: objects.map(({ oid, size }) => ({
            oid,
            size,
            ...(double.objects.has(oid)
              ? {}
              : { actions: { upload: { href: `${double.url}/objects/${oid}` } } }),
          })),
        },
      ];
    }
    if (what === `POST /api/datasets/${name}/commit/main`) return commit(body.toString());
    return [404, { error: `no such endpoint: ${what}` }];
  }

  function commit(text: string): [number, unknown] {
    const lines = text.split("\n").map((line) => lineSchema.parse(JSON.parse(line)));
    const header = lines.find(({ key }) => key === "header")?.value;
    if (header?.["parentCommit"] !== double.state.head)
      return [412, { error: "The parent commit is not the head" }];
    const paths: string[] = [];
    for (const { key, value } of lines) {
      if (key === "header") continue;
      const path = String(value["path"]);
      paths.push(path);
      if (key === "lfsFile") {
        const oid = String(value["oid"]);
        if (!double.objects.has(oid)) return [400, { error: `no object ${oid}` }];
        double.files.set(path, { oid, lfs: true });
      } else {
        const content = Buffer.from(String(value["content"]), "base64");
        const oid = createHash("sha1").update(`blob ${content.length}\0`).update(content).digest("hex");
        double.files.set(path, { oid, lfs: false });
      }
    }
    double.commits.push(paths);
    double.state.head = createHash("sha1").update(double.state.head).update(text).digest("hex");
    return [200, { commitOid: double.state.head, commitUrl: "", hookOutput: "" }];
  }

  return double;
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks);
}
