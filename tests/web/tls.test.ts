// TLS over a pinned address: the certificate must be the named host's, though the connection goes to a number, and no setting of the
// environment takes the check away.
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { PUBLIC_DOUBLE } from "./everywhereServer.ts";

const run = promisify(execFile);
const PINNED_GET = path.resolve("src/web/pinnedGet.ts");
const hasOpenssl = await run("openssl", ["version"]).then(
  () => true,
  () => false,
);

describe.skipIf(!hasOpenssl)(
  `a certificate${hasOpenssl ? "" : " (skipped: no openssl makes one here)"}`,
  () => {
    let folder = "";
    let server: Server;
    let port = 0;
    let asked: (string | undefined)[] = [];
    beforeAll(async () => {
      folder = await mkdtemp(path.join(tmpdir(), "nightshift-tls-"));
      const [key, cert] = ["key.pem", "cert.pem"].map((name) => path.join(folder, name));
      if (key === undefined || cert === undefined) throw new Error("two names make two paths");
      const subject = ["-subj", "/CN=papers.test", "-addext", "subjectAltName=DNS:papers.test"];
      await run("openssl", [
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-days",
        "2",
        "-keyout",
        key,
        "-out",
        cert,
        ...subject,
      ]);
      server = createServer({ key: await readFile(key), cert: await readFile(cert) }, (request, response) => {
        asked.push(request.headers.host);
        response.writeHead(200, { "content-type": "application/pdf" }).end("%PDF-");
      });
      await new Promise<void>((resolve) => server.listen(0, PUBLIC_DOUBLE, resolve));
      const { port: own }: AddressInfo = Object.assign(
        { port: 0, address: "", family: "" },
        server.address(),
      );
      port = own;
    });
    afterAll(async () => {
      await new Promise((resolve) => server.close(resolve));
      await rm(folder, { recursive: true, force: true });
    });

    /** In a process of its own, since certificates and their check are read from the environment when it starts. */
    async function get(host: string, env: Readonly<Record<string, string>>): Promise<unknown> {
      asked = [];
      const program = `
      import { pinnedGet } from ${JSON.stringify(PINNED_GET)};
      const reach = { resolve: async () => [${JSON.stringify(PUBLIC_DOUBLE)}], mayReach: () => true };
      const url = "https://${host}:${port}/a.pdf";
      const request = { url, hosts: ["${host}:${port}"], headers: {}, types: ["application/pdf"], bytesMax: 1000, redirectsMax: 0 };
      console.log(JSON.stringify(await pinnedGet(request, reach, new AbortController().signal)));`;
      const given = { env: { ...process.env, ...env } };
      const { stdout } = await run(process.execPath, ["--input-type=module", "-e", program], given);
      return JSON.parse(stdout);
    }

    it("of the host, by a known authority, is taken", async () => {
      const trusted = { NODE_EXTRA_CA_CERTS: path.join(folder, "cert.pem") };
      expect(await get("papers.test", trusted)).toMatchObject({ kind: "body" });
      expect(asked).toEqual([`papers.test:${port}`]);
    });

    it("of another host, or by nobody, is refused before anything is asked", async () => {
      const trusted = { NODE_EXTRA_CA_CERTS: path.join(folder, "cert.pem") };
      const says = (host: string) => ({
        refused: `The host ${host}:${port} shows a certificate that does not hold.`,
      });
      expect(await get("other.test", trusted)).toEqual(says("other.test"));
      expect(await get("papers.test", {})).toEqual(says("papers.test"));
      expect(await get("papers.test", { NODE_TLS_REJECT_UNAUTHORIZED: "0" })).toEqual(says("papers.test"));
      expect(asked).toEqual([]);
    });
  },
);
