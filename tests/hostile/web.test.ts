// Server-side request forgery against the tools that reach the web: every spelling of an inner address, names that resolve to one, names that
// change their mind, redirects, proxies. A server on all addresses of this machine counts what gets inside; the count at the end must be 0.
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { networkInterfaces, tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { systemClock } from "../../src/compose/world.ts";
import { NO_HOST, type WebAccess } from "../../src/core/host.ts";
import { literatureSearchTool } from "../../src/tools/literatureSearch.ts";
import { parsePdfTool } from "../../src/tools/parsePdf.ts";
import { openWeb } from "../../src/web/openWeb.ts";
import { pinnedGet, type Reach } from "../../src/web/pinnedGet.ts";
import { isPublicAddress } from "../../src/web/publicAddress.ts";
import { dnsResolver } from "../../src/web/resolver.ts";
import { webSchema } from "../../src/web/webSettings.ts";
import { memorySandbox } from "../tools/memorySandbox.ts";
import { type DnsDouble, dnsDouble } from "../web/dnsDouble.ts";
import { type EverywhereServer, everywhereServer, PUBLIC_DOUBLE } from "../web/everywhereServer.ts";
import { smallPdf } from "../web/smallPdf.ts";

const KEY = "s2-key-0123456789abcdef";
const TIMEOUT_MS = 20_000;
const NEVER = new AbortController().signal;

let folder = "";
let dns: DnsDouble;
let server: EverywhereServer;
let attemptCount = 0;
let insideCount = 0;
const headersSeen: IncomingMessage["headers"][] = [];

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "nightshift-ssrf-"));
  dns = await dnsDouble();
  server = await everywhereServer(answer);
  dns.say("papers.test", [PUBLIC_DOUBLE]);
});
afterEach(() => {
  insideCount += server.inside().length;
  server.forget();
  headersSeen.length = 0;
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await dns[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
  console.log(
    `SSRF suite: ${attemptCount} attempts on the network tools, private addresses reached: ${insideCount}`,
  );
});

/** What the public double, and whatever is reached inside, answers. */
function answer(request: IncomingMessage, response: ServerResponse): void {
  headersSeen.push(request.headers);
  const url = new URL(request.url ?? "/", "http://any.test");
  const [status, location] = [Number(url.searchParams.get("status") ?? 302), url.searchParams.get("to")];
  const inside = `http://127.0.0.1:${server.port}/secret`;
  const other = `http://papers.test:${server.port}/x`;
  if (url.pathname.startsWith("/inside/")) response.writeHead(status, { location: inside }).end();
  else if (url.pathname.startsWith("/other/")) response.writeHead(status, { location: other }).end();
  else if (url.pathname === "/go" && location !== null) response.writeHead(status, { location }).end();
  else if (url.pathname === "/refresh") {
    response.writeHead(200, { "content-type": "text/html", refresh: `0; url=${location}` });
    response.end(`<meta http-equiv="refresh" content="0; url=${location}">`);
  } else if (url.pathname.endsWith("/paper/search")) {
    response.setHeader("content-type", "application/json");
    const pdf = `http://127.0.0.1:${server.port}/secret.pdf`;
    response.end(JSON.stringify({ total: 1, data: [{ title: `Key ${KEY}`, openAccessPdf: { url: pdf } }] }));
  } else response.writeHead(200, { "content-type": "application/pdf" }).end(smallPdf(["inside"]));
}

/** Lets the double of a public server through, which only a test can do: no setting reaches this function. */
const testReach = (): Reach => ({
  resolve: dnsResolver([dns.server]),
  mayReach: (address) => address === PUBLIC_DOUBLE || isPublicAddress(address),
});

function webFor(hosts: readonly string[], baseUrl = `http://papers.test:${server.port}/graph/v1`): WebAccess {
  const settings = webSchema.parse({ timeoutSeconds: 10, cacheDays: 0 });
  return openWeb(
    {
      ...settings,
      hosts: [...hosts],
      literature: { ...settings.literature, baseUrl, requestsPerSecond: 100 },
    },
    { reach: testReach(), clock: systemClock, cacheFolder: folder, literatureKey: KEY },
  );
}

/** One use of `parse_pdf`, as an agent has it. */
async function parsePdf(
  web: WebAccess,
  url: string,
): Promise<{ readonly ok: boolean; readonly text: string }> {
  attemptCount++;
  const result = await parsePdfTool.run({ url }, context(web));
  if (result.kind !== "text") throw new Error("not a text");
  return result;
}

function context(web: WebAccess) {
  return {
    sandbox: memorySandbox(),
    host: { ...NO_HOST, web },
    actionId: "ssrf/0",
    state: { openFile: null, firstLine: 1, cwd: "." },
    actionTimeoutMs: TIMEOUT_MS,
    outputBytesMax: 8_192,
    signal: NEVER,
  };
}

/** Hosts that stand for this machine or for what only it can reach, as browsers and C libraries read them. */
const INNER_HOSTS: readonly string[] = [
  ..."127.0.0.1 127.0.0.1. 127.1 127.0.1 127.255.255.254 0 0.0.0.0 0x7f000001 0x7f.0.0.1 0x7f.1 0X7F.0X0.0X0.0X1".split(
    " ",
  ),
  ..."017700000001 0177.0.0.1 0177.0.0.01 2130706433 2130706433. 127.000.000.001 0x7f.0.1 127.0x0.01 %31%32%37.0.0.1".split(
    " ",
  ),
  ..."①②⑦.⓪.⓪.① １２７．０．０．１ 127。0。0。1 127｡0｡0｡1 1𝟚7.0.0.1 ⑫7.0.0.1".split(" "),
  ..."[::1] [::] [0:0:0:0:0:0:0:1] [0000::1] [::ffff:127.0.0.1] [::ffff:7f00:1] [0:0:0:0:0:ffff:127.0.0.1]".split(
    " ",
  ),
  ..."[::127.0.0.1] [64:ff9b::127.0.0.1] [64:ff9b:1::7f00:1] [2002:7f00:1::] [2001:0:7f00:1::] [::ffff:0:127.0.0.1]".split(
    " ",
  ),
  ..."[fe80::1] [fe80::1%25lo] [fc00::1] [fd00:ec2::254] [fec0::1] [ff02::1] [100::1] [2001:db8::1]".split(
    " ",
  ),
  ..."10.0.0.1 100.64.0.1 100.100.100.200 169.254.169.254 0xa9fea9fe 2852039166 0251.0376.0251.0376 169.254.43518".split(
    " ",
  ),
  ..."172.16.0.1 172.17.0.1 172.31.255.255 192.168.0.1 192.0.0.192 198.18.0.1 224.0.0.1 239.255.255.250 255.255.255.255".split(
    " ",
  ),
  ..."168.63.129.16 240.0.0.1 localhost LOCALHOST localhost. localhost.localdomain ip6-localhost ip6-loopback host.docker.internal".split(
    " ",
  ),
  ..."metadata.google.internal metadata instance-data kubernetes.default.svc broadcasthost".split(" "),
];

/** The same address on this machine's own networks, which nothing of the loopback rules covers. */
const OWN_HOSTS = Object.values(networkInterfaces())
  .flatMap((list) => list ?? [])
  .filter(({ scopeid }) => scopeid === undefined || scopeid === 0)
  .map(({ address, family }) => (family === "IPv6" ? `[${address}]` : address));

/** URLs that are read as one host by eye and as another by a parser, with `@` for the allowed host and `#` for an inner one. */
const DISGUISES: readonly string[] = [
  "http://@:PORT@#:PORT/",
  "http://@:PORT%40#:PORT/",
  "http://#:PORT\\@@:PORT/",
  "http://@:PORT\\@#:PORT/",
  "http://@\\#:PORT/",
  "http://#:PORT#@@:PORT/",
  "http://#:PORT?@@:PORT/",
  "http://#:PORT/@@:PORT/",
  "http://#:PORT;@@:PORT/",
  "http://user:pass@@:PORT/",
  "http://user@#:PORT/",
  "http:#:PORT/",
  "http:/#:PORT/",
  "http:////#:PORT/",
  "http:\\\\#:PORT\\",
  "//#:PORT/",
  "#:PORT/",
  " http://#:PORT/",
  "http://#\t:PORT/",
  "ht\ntp://#:PORT/",
  "http://#:PORT\r\nHost: @:PORT/",
  "http://@:PORT\u0000.#:PORT/",
  "http://#%00.@:PORT/",
  "http://#%23.@:PORT/",
  "http://#%2f@:PORT/",
  "http://#\u3002@:PORT/",
  "http://@.#:PORT/",
  "http://@:PORT.#:PORT/",
  "http://[@]:PORT/",
  "HTTP://#:PORT/",
  "file:///etc/passwd",
  "file://#/etc/passwd",
  "ftp://#:PORT/",
  "gopher://#:PORT/_GET%20/",
  "dict://#:PORT/",
  "ldap://#:PORT/",
  "ws://#:PORT/",
  "data:application/pdf;base64,JVBERi0xLjQK",
  "blob:http://#:PORT/x",
  "javascript:fetch('http://#:PORT/')",
  "view-source:http://#:PORT/",
  "http+unix://%2Fvar%2Frun%2Fdocker.sock/info",
  "unix:/var/run/docker.sock:/info",
  "jar:http://#:PORT/x!/",
  "http://@:0/",
  "http://@:22/",
  "http://@:99999/",
  "https://@:PORT/",
];

/** Addresses that a name may be made to resolve to. */
const INNER_ADDRESSES: readonly string[] = [
  ..."127.0.0.1 127.0.0.3 127.255.255.254 0.0.0.0 0.1.2.3 10.0.0.1 10.255.255.255 100.64.0.1 100.127.255.255 100.100.100.200".split(
    " ",
  ),
  ..."169.254.169.254 169.254.170.2 172.16.0.1 172.31.255.255 192.0.0.1 192.0.0.192 192.0.2.1 192.88.99.1 192.168.0.1".split(
    " ",
  ),
  ..."198.18.0.1 198.19.255.255 198.51.100.1 203.0.113.1 224.0.0.1 239.1.1.1 240.0.0.1 255.255.255.255 168.63.129.16".split(
    " ",
  ),
  ...":: ::1 ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::127.0.0.1 ::ffff:0:127.0.0.1 64:ff9b::127.0.0.1 64:ff9b::a9fe:a9fe".split(
    " ",
  ),
  ..."64:ff9b:1::1 100::1 2001::1 2001:0:7f00:1::1 2001:10::1 2001:20::1 2001:db8::1 2002:7f00:1::1 2002:a9fe:a9fe::".split(
    " ",
  ),
  ..."3fff::1 5f00::1 fc00::1 fd00:ec2::254 fd12:3456::1 fe80::1 fec0::1 ff02::1 ff05::2".split(" "),
];

const filled = (template: string, inner: string) =>
  template
    .replace(/@@|@(?=[:.\\\]])/g, (at) => (at === "@@" ? "@papers.test" : "papers.test"))
    .replaceAll("#:", `${inner}:`)
    .replace(/^#|\/\/#/, (found) => found.replace("#", inner))
    .replaceAll("PORT", String(server.port));

describe("an inner address", () => {
  const hosts = [...INNER_HOSTS, ...OWN_HOSTS];

  it("is refused in every spelling, whatever the allow-list says", async () => {
    const honest = webFor([`papers.test:${server.port}`]);
    for (const host of hosts) {
      const url = `http://${host}:${server.port}/secret.pdf`;
      expect(await parsePdf(honest, url), url).toMatchObject({ ok: false });
      // A careless user's list, with the very host that the parser makes of it.
      const parsed = URL.canParse(url) ? new URL(url) : null;
      const careless = webFor([
        host,
        `${host}:${server.port}`,
        ...(parsed === null ? [] : [parsed.host, parsed.hostname]),
      ]);
      expect(await parsePdf(careless, url), url).toMatchObject({ ok: false });
      expect(server.inside(), url).toEqual([]);
    }
  });

  it("is refused in disguise", async () => {
    const web = webFor([`papers.test:${server.port}`, "papers.test"]);
    for (const template of DISGUISES) {
      for (const inner of ["127.0.0.1", "localhost", "[::1]", "2130706433"]) {
        const url = filled(template, inner);
        await parsePdf(web, url);
        expect(server.inside(), url).toEqual([]);
      }
    }
  });

  it("can be reached without the checks, so that the count above means something", async () => {
    const open: Reach = { resolve: dnsResolver([dns.server]), mayReach: () => true };
    dns.say("inner.test", ["127.0.0.1"]);
    const url = `http://inner.test:${server.port}/secret.pdf`;
    const request = {
      url,
      hosts: [`inner.test:${server.port}`],
      headers: {},
      types: ["application/pdf"],
      bytesMax: 10_000,
      redirectsMax: 0,
    };
    expect(await pinnedGet(request, open, NEVER)).toMatchObject({ kind: "body" });
    expect(server.inside()).toEqual(["127.0.0.1"]);
    server.forget();
  });
});

describe("a name", () => {
  it("that is allowed and resolves to a public server is read", async () => {
    const read = await parsePdf(
      webFor([`papers.test:${server.port}`]),
      `http://papers.test:${server.port}/a.pdf`,
    );
    expect(read).toMatchObject({ ok: true, text: "Pages 1 to 1 of 1:\n[page 1]\ninside" });
    expect(server.arrived).toEqual([PUBLIC_DOUBLE]);
  });

  it("that resolves to an inner address is refused, alone and among public ones", async () => {
    const web = webFor([`trick.test:${server.port}`], `http://trick.test:${server.port}/graph/v1`);
    for (const address of INNER_ADDRESSES) {
      for (const answers of [
        [address],
        [PUBLIC_DOUBLE, address],
        [address, PUBLIC_DOUBLE, "93.184.216.34"],
      ]) {
        dns.say("trick.test", answers);
        const read = await parsePdf(web, `http://trick.test:${server.port}/secret.pdf`);
        expect(read, answers.join()).toMatchObject({
          ok: false,
          text: "The host trick.test is not a public server.",
        });
        dns.say("trick.test", answers);
        attemptCount++;
        const found = await literatureSearchTool.run({ query: "attention" }, context(web));
        expect(found, answers.join()).toMatchObject({ ok: false });
        expect(server.arrived, answers.join()).toEqual([]);
      }
    }
  });

  it("that answers otherwise the second time is connected to where it was checked", async () => {
    const web = webFor([`rebind.test:${server.port}`]);
    dns.say("rebind.test", [PUBLIC_DOUBLE], ["127.0.0.1"]);
    expect(await parsePdf(web, `http://rebind.test:${server.port}/a.pdf`)).toMatchObject({ ok: true });
    expect(dns.asked("rebind.test")).toBe(1);
    expect(server.arrived).toEqual([PUBLIC_DOUBLE]);
    expect(headersSeen[0]?.host).toBe(`rebind.test:${server.port}`);
    // And it is refused once it answers so at the time of the check.
    expect(await parsePdf(web, `http://rebind.test:${server.port}/b.pdf`)).toMatchObject({ ok: false });
    expect(server.inside()).toEqual([]);
  });

  it("that is not on the list is refused before it is looked up, by a redirect too", async () => {
    dns.say("other.test", [PUBLIC_DOUBLE]);
    const web = webFor([`papers.test:${server.port}`]);
    const url = `http://other.test:${server.port}/a.pdf`;
    const away = `http://papers.test:${server.port}/go?to=${encodeURIComponent(url)}`;
    for (const asked of [url, away]) {
      const { ok, text } = await parsePdf(web, asked);
      expect(ok, asked).toBe(false);
      expect(text).toContain(`The host other.test:${server.port} is not on the list`);
    }
    expect(dns.asked("other.test")).toBe(0);
    expect(headersSeen).toHaveLength(1);
  });

  it("that nobody knows is refused, and is not looked for in search domains or on this machine", async () => {
    const web = webFor([`nobody.test:${server.port}`, `localhost:${server.port}`]);
    expect((await parsePdf(web, `http://nobody.test:${server.port}/`)).text).toBe(
      "The host nobody.test has no address.",
    );
    expect(await parsePdf(web, `http://localhost:${server.port}/`)).toMatchObject({ ok: false });
    expect(server.arrived).toEqual([]);
  });
});

describe("a redirect", () => {
  const go = (to: string, status = 302) =>
    `http://papers.test:${server.port}/go?status=${status}&to=${encodeURIComponent(to)}`;

  it("to any inner spelling is refused, by every status and however it is written", async () => {
    const web = webFor([`papers.test:${server.port}`]);
    for (const [index, host] of [...INNER_HOSTS, ...OWN_HOSTS].entries()) {
      // As a header carries it: only Latin-1 passes.
      if (/[^\u0020-\u00ff]/.test(host)) continue;
      const status = [301, 302, 303, 307, 308][index % 5];
      for (const to of [`http://${host}:${server.port}/secret.pdf`, `//${host}:${server.port}/secret.pdf`]) {
        expect(await parsePdf(web, go(to, status)), to).toMatchObject({ ok: false });
        expect(server.inside(), to).toEqual([]);
      }
    }
  });

  it("to a name that has turned inside meanwhile is refused, in a chain too", async () => {
    const web = webFor([`papers.test:${server.port}`, `rebind.test:${server.port}`]);
    dns.say("rebind.test", [PUBLIC_DOUBLE], ["127.0.0.1"]);
    const second = `http://rebind.test:${server.port}/go?to=${encodeURIComponent(`http://rebind.test:${server.port}/x`)}`;
    expect(await parsePdf(web, go(second))).toMatchObject({ ok: false });
    expect(dns.asked("rebind.test")).toBe(2);
    expect(server.inside()).toEqual([]);
  });

  it("without an end, by a page or a header that browsers follow, or to another scheme is refused", async () => {
    const web = webFor([`papers.test:${server.port}`]);
    const self = go("/go?to=%2Fgo%3Fto%3D%252Fgo%253Fto%253D%25252Fgo%25253Fto%25253Dx");
    expect((await parsePdf(web, self)).text).toBe("It redirects more than 3 times.");
    for (const to of [
      "file:///etc/passwd",
      "ftp://papers.test/",
      "http://[",
      `http://a@papers.test:${server.port}/`,
    ]) {
      expect(await parsePdf(web, go(to)), to).toMatchObject({ ok: false });
    }
    const refresh = `http://papers.test:${server.port}/refresh?to=http://127.0.0.1:${server.port}/secret.pdf`;
    expect((await parsePdf(web, refresh)).text).toContain("answers with text/html");
    expect(server.inside()).toEqual([]);
  });

  it("to an allowed public host is followed", async () => {
    const web = webFor([`papers.test:${server.port}`]);
    expect(await parsePdf(web, go("/a.pdf"))).toMatchObject({ ok: true });
  });
});

describe("the literature search", () => {
  it("follows no redirect, and its key goes to its own host only", async () => {
    dns.say("search.test", [PUBLIC_DOUBLE]);
    for (const where of ["inside", "other"]) {
      const web = webFor([`papers.test:${server.port}`], `http://search.test:${server.port}/${where}`);
      attemptCount++;
      const found = await literatureSearchTool.run({ query: "attention" }, context(web));
      expect(found).toMatchObject({ ok: false, text: "It redirects, which is not followed." });
    }
    expect(headersSeen).toHaveLength(2);
    expect(headersSeen.every(({ host }) => host === `search.test:${server.port}`)).toBe(true);
    expect(server.inside()).toEqual([]);
  });

  it("shows no key that the service repeats, and a link inside that it gives is refused", async () => {
    const web = webFor([`papers.test:${server.port}`]);
    attemptCount++;
    const found = await literatureSearchTool.run({ query: "attention" }, context(web));
    expect(headersSeen[0]?.["x-api-key"]).toBe(KEY);
    expect(JSON.stringify(found)).toContain("Key [redacted:key]");
    expect(JSON.stringify(found)).not.toContain(KEY);
    const link = /PDF: (\S+)/.exec(found.kind === "text" ? found.text : "")?.[1] ?? "";
    expect(link).toContain("127.0.0.1");
    expect(await parsePdf(web, link)).toMatchObject({ ok: false });
    // What reads PDFs never sends the key.
    await parsePdf(web, `http://papers.test:${server.port}/a.pdf`);
    expect(headersSeen.at(-1)?.["x-api-key"]).toBeUndefined();
    expect(server.inside()).toEqual([]);
  });
});

describe("a proxy of the environment", () => {
  it("is not used, since it would look names up by itself", async () => {
    const program = `
      import { pinnedGet } from ${JSON.stringify(path.resolve("src/web/pinnedGet.ts"))};
      const url = "http://papers.test:${server.port}/a.pdf";
      const reach = { resolve: async () => [${JSON.stringify(PUBLIC_DOUBLE)}], mayReach: () => true };
      const request = { url, hosts: ["papers.test:${server.port}"], headers: {}, types: ["application/pdf"], bytesMax: 10000, redirectsMax: 0 };
      console.log((await pinnedGet(request, reach, new AbortController().signal)).kind);`;
    const proxy = `http://127.0.0.1:${server.port}`;
    const env = {
      ...process.env,
      NODE_USE_ENV_PROXY: "1",
      HTTP_PROXY: proxy,
      http_proxy: proxy,
      ALL_PROXY: proxy,
    };
    attemptCount++;
    const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", program], {
      env,
    });
    expect(stdout.trim()).toBe("body");
    expect(server.arrived).toEqual([PUBLIC_DOUBLE]);
  });
});

describe("all of it", () => {
  it("has reached no private address", () => {
    expect(attemptCount).toBeGreaterThan(500);
    expect(insideCount).toBe(0);
  });
});
