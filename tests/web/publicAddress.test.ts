// Which addresses are public, and which hosts an allow-list can hold.
import { describe, expect, it } from "vitest";
import { allowedUrl, hostOf } from "../../src/web/allowedUrl.ts";
import { isPublicAddress } from "../../src/web/publicAddress.ts";
import { tryOrder } from "../../src/web/tryOrder.ts";
import { webIdentity, webSchema } from "../../src/web/webSettings.ts";

describe("an address", () => {
  it("is public where it is somebody's server", () => {
    const open =
      "1.1.1.1 8.8.8.8 9.255.255.255 11.0.0.0 100.63.255.255 100.128.0.0 126.255.255.255 128.0.0.1 151.101.3.42 169.253.255.255 " +
      "172.15.255.255 172.32.0.0 192.0.1.1 192.167.255.255 192.169.0.0 198.17.255.255 198.20.0.0 223.255.255.255 168.63.129.17 " +
      "2606:4700::1111 2001:4860:4860::8888 2a00:1450::1 2400:cb00::1 2001:200::1 3ffe::1";
    for (const address of open.split(" ")) expect(isPublicAddress(address), address).toBe(true);
  });

  it("is not public at the first and last number of every closed block", () => {
    const closed =
      "0.0.0.0 0.255.255.255 10.0.0.0 10.255.255.255 100.64.0.0 100.127.255.255 127.0.0.0 127.255.255.255 169.254.0.0 169.254.255.255 " +
      "172.16.0.0 172.31.255.255 192.0.0.0 192.0.0.255 192.0.2.0 192.0.2.255 192.88.99.0 192.168.0.0 192.168.255.255 198.18.0.0 " +
      "198.19.255.255 198.51.100.0 203.0.113.255 224.0.0.0 239.255.255.255 240.0.0.0 255.255.255.255 168.63.129.16 " +
      ":: ::1 ::2 ::ffff:8.8.8.8 ::ffff:0:8.8.8.8 ::8.8.8.8 64:ff9b::8.8.8.8 64:ff9b:1::1 100::1 2001::1 2001:1ff:ffff::1 2001:db8::1 " +
      "2002:808:808::1 2620:4f:8000::1 3fff::1 3fff:fff::1 4000::1 5f00::1 fc00::1 fdff::1 fe80::1 fe80::1%eth0 febf::1 fec0::1 ff02::1";
    for (const address of closed.split(" ")) expect(isPublicAddress(address), address).toBe(false);
  });

  it("is not public where it is none", () => {
    for (const text of [
      "",
      "example.org",
      "127.1",
      "0x7f000001",
      "1.1.1.1 ",
      "1.1.1.1:80",
      "[2606:4700::1]",
      "2606:4700::1%eth0",
    ]) {
      expect(isPublicAddress(text), text).toBe(false);
    }
  });
});

describe("a host of the allow-list", () => {
  it("is a public name, with a port where it is not the usual one", () => {
    expect(hostOf("arxiv.org")).toBe("arxiv.org");
    expect(hostOf("Papers.example.org:8443")).toBe("papers.example.org:8443");
    expect(hostOf("xn--bcher-kva.example")).toBe("xn--bcher-kva.example");
    for (const text of [
      ..."localhost 127.0.0.1 127.1 0x7f.1 2130706433 [::1] *.arxiv.org .arxiv.org arxiv.org. arxiv..org -a.org a.b:0x50 a.b:99999".split(
        " ",
      ),
      ..."https://arxiv.org arxiv.org/pdf user@arxiv.org arxiv.org: a_b.org".split(" "),
      "",
      "a b.org",
      "bücher.example",
      "arxiv.org\n",
    ]) {
      expect(hostOf(text), JSON.stringify(text)).toBe(null);
    }
  });

  it("is compared with the host and port as the parser reads them", () => {
    const hosts = ["arxiv.org", "papers.example.org:8443"];
    for (const url of [
      "https://arxiv.org/pdf/1706.03762",
      "http://ARXIV.org:80/x",
      "https://arxiv.org:443/",
      "https://papers.example.org:8443/a",
    ]) {
      expect(allowedUrl(url, hosts), url).toBeInstanceOf(URL);
    }
    for (const url of [
      "https://www.arxiv.org/",
      "https://arxiv.org:8443/",
      "https://papers.example.org/",
      "https://arxiv.org.evil.org/",
      "ftp://arxiv.org/",
    ]) {
      expect(typeof allowedUrl(url, hosts), url).toBe("string");
    }
  });
});

describe("the addresses of a host", () => {
  it("are tried by families in turn, four at most", () => {
    expect(tryOrder(["1.1.1.1", "1.1.1.2", "1.1.1.3", "1.1.1.4", "1.1.1.5", "2606::1", "2606::2"])).toEqual([
      "1.1.1.1",
      "2606::1",
      "1.1.1.2",
      "2606::2",
    ]);
    expect(tryOrder(["2606::1", "2606::2"])).toEqual(["2606::1", "2606::2"]);
    expect(tryOrder(["1.1.1.1"])).toEqual(["1.1.1.1"]);
  });
});

describe("the web's settings", () => {
  const faults = (value: unknown) =>
    webSchema.safeParse(value).error?.issues.map(({ path, message }) => `${path.join(".")}: ${message}`) ??
    [];

  it("have defaults that reach arXiv and Semantic Scholar, without a key", () => {
    expect(webSchema.parse({})).toEqual({
      hosts: ["arxiv.org", "export.arxiv.org"],
      literature: { baseUrl: "https://api.semanticscholar.org/graph/v1", keyEnv: null, requestsPerSecond: 1 },
      timeoutSeconds: 60,
      pdfMegabytes: 20,
      pdfPages: 60,
      cacheDays: 30,
    });
  });

  it("are refused where a host is none, a base URL leads inside, or a key would go in the open", () => {
    expect(faults({ hosts: ["arxiv.org", "127.0.0.1"] })[0]).toMatch(/^hosts\.1: must be a host's name/);
    expect(faults({ hosts: ["Arxiv.org"] })[0]).toMatch(/^hosts\.0: /);
    for (const baseUrl of [
      "http://localhost:1/v1",
      "http://127.0.0.1/v1",
      "http://[::1]/",
      "http://2130706433/",
      "file:///x",
      "x",
      "https://u:p@a.org/",
      "https://a.org/?k=1",
    ]) {
      expect(faults({ literature: { baseUrl } })[0], baseUrl).toMatch(/^literature\.baseUrl: must /);
    }
    expect(faults({ literature: { baseUrl: "http://papers.example.org/v1", keyEnv: "KEY" } })[0]).toMatch(
      /must be an https URL/,
    );
    expect(faults({ literature: { baseUrl: "http://papers.example.org/v1" } })).toEqual([]);
    expect(faults({ allowPrivate: true })[0]).toMatch(/allowPrivate/);
  });

  it("move an agent's key only where it can tell the difference", () => {
    const base = webIdentity(webSchema.parse({}));
    const same = {
      hosts: ["export.arxiv.org", "arxiv.org"],
      cacheDays: 1,
      timeoutSeconds: 5,
      literature: { keyEnv: "K", requestsPerSecond: 9 },
    };
    expect(webIdentity(webSchema.parse(same))).toEqual(base);
    expect(webIdentity(webSchema.parse({ hosts: ["arxiv.org"] }))).not.toEqual(base);
    expect(webIdentity(webSchema.parse({ pdfPages: 3 }))).not.toEqual(base);
  });
});
