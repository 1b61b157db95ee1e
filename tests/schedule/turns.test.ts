import { describe, expect, it } from "vitest";
import { turns } from "../../src/schedule/turns.ts";

const settled = () => new Promise((resolve) => setImmediate(resolve));

/** Work that goes on until it is told to end, and a list of who has started and ended. */
function stage() {
  const log: string[] = [];
  const ends = new Map<string, () => void>();
  return {
    log,
    work: (name: string) => async () => {
      log.push(`+${name}`);
      await new Promise<void>((resolve) => ends.set(name, resolve));
      log.push(`-${name}`);
      return name;
    },
    async end(name: string) {
      ends.get(name)?.();
      await settled();
    },
  };
}

describe("turns", () => {
  it("let exclusive work go alone, in the order of asking, with shared work together around it", async () => {
    const { shared, exclusive } = turns({ holdShared: true, takeHost: null });
    const { log, work, end } = stage();
    const all = [shared(work("a")), shared(work("b")), exclusive(work("X")), shared(work("c"))];
    all.push(exclusive(work("Y")), shared(work("d")));
    await settled();
    expect(log).toEqual(["+a", "+b"]);
    await end("a");
    expect(log).toEqual(["+a", "+b", "-a"]);
    await end("b");
    expect(log.slice(3)).toEqual(["-b", "+X"]);
    await end("X");
    expect(log.slice(5)).toEqual(["-X", "+c"]);
    await end("c");
    await end("Y");
    await end("d");
    expect(await Promise.all(all)).toEqual(["a", "b", "X", "c", "Y", "d"]);
    expect(log.slice(7)).toEqual(["-c", "+Y", "-Y", "+d", "-d"]);
  });

  it("hold nobody but the exclusive where there are cores enough", async () => {
    const { shared, exclusive } = turns({ holdShared: false, takeHost: null });
    const { log, work, end } = stage();
    const all = [exclusive(work("X")), exclusive(work("Y")), shared(work("a"))];
    await settled();
    expect(log.sort()).toEqual(["+X", "+a"]);
    for (const name of ["a", "X", "Y"]) await end(name);
    expect(await Promise.all(all)).toEqual(["X", "Y", "a"]);
  });

  it("go on after work that throws, and without who no longer waits", async () => {
    const { shared, exclusive } = turns({ holdShared: true, takeHost: null });
    await expect(exclusive(() => Promise.reject(new Error("broken")))).rejects.toThrow("broken");
    const { log, work, end } = stage();
    const gone = new AbortController();
    const first = shared(work("a"));
    const given = exclusive(work("X"), gone.signal);
    const second = shared(work("b"));
    await settled();
    gone.abort(new Error("no more"));
    await expect(given).rejects.toThrow("no more");
    expect(log).toEqual(["+a", "+b"]);
    await end("a");
    await end("b");
    expect(await Promise.all([first, second])).toEqual(["a", "b"]);
  });

  it("take the host before exclusive work and give it back after it, also where it fails", async () => {
    const log: string[] = [];
    const takeHost = async () => {
      log.push("taken");
      return async () => {
        log.push("given back");
      };
    };
    const { exclusive } = turns({ holdShared: true, takeHost });
    await exclusive(async () => log.push("work"));
    await expect(exclusive(() => Promise.reject(new Error("broken")))).rejects.toThrow("broken");
    expect(log).toEqual(["taken", "work", "given back", "taken", "given back"]);
  });
});
