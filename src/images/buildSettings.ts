// What a build needs of the user's environment: proxies, an own package index, certificates. They reach the stages that install and
// never the image: proxies are arguments that engines leave out of an image's history, the rest is refused in a Dockerfile's last stage.
import { copyFile, cp, readFile } from "node:fs/promises";
import path from "node:path";
import { UserError } from "../core/errors.ts";

/** The name that a bundle of certificates has in the build's folder, where the environment names one. */
export const CERTIFICATES = "certificates.pem";
const PROXIES = ["http_proxy", "https_proxy", "ftp_proxy", "no_proxy"].flatMap((name) => [
  name,
  name.toUpperCase(),
]);
const INDEXES = ["PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_TRUSTED_HOST"];
/** The variables that name a bundle of certificates, the nearest to pip first. */
const BUNDLES = ["PIP_CERT", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "CURL_CA_BUNDLE"];

type Env = (name: string) => string | undefined;

/** True for a Dockerfile's line that takes in a package index or certificates. */
export function isBuildSetting(line: string): boolean {
  const arg = /^\s*ARG\s+(\w+)/i.exec(line)?.[1];
  if (arg !== undefined) return INDEXES.includes(arg);
  return /^\s*(?:COPY|ADD)\s/i.test(line) && line.includes(CERTIFICATES);
}

/** Names of variables whose values the engine takes from its own environment, so that no value stands in a command line. */
export function passedArguments(env: Env, declared: ReadonlySet<string>): readonly string[] {
  const isSet = (name: string) => (env(name) ?? "") !== "";
  return [...PROXIES.filter(isSet), ...INDEXES.filter((name) => declared.has(name) && isSet(name))];
}

/** Copies an image's folder to where it is built, with the certificates that the environment names beside its files. */
export async function layOutContext(folder: string, to: string, env: Env): Promise<void> {
  await cp(folder, to, { recursive: true });
  for (const name of BUNDLES) {
    const file = env(name);
    if (file === undefined || file === "") continue;
    if (!(await readFile(file).catch(() => Buffer.alloc(0))).includes("BEGIN CERTIFICATE")) {
      throw new UserError(`${name}=${file}: not a readable bundle of certificates; correct or unset it`);
    }
    await copyFile(file, path.join(to, CERTIFICATES));
    return;
  }
}
