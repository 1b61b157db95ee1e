// Many requests at once over one byte stream to a supervisor. When the stream ends or a deadline passes it is dead for
// good: everything under way and everything later fails at once.
import type { Duplex } from "node:stream";
import { BoundaryError, errorText } from "../core/errors.ts";
import type { Clock } from "../core/runtime.ts";
import { encodeFrame, type Frame, FrameDecoder } from "./frames.ts";

/** Called for each frame of an exchange; true when it was the last. */
type Listener = { readonly frame: (frame: Frame) => boolean; readonly died: (error: BoundaryError) => void };

/** One open exchange: further frames may be sent under its id. */
export interface Exchange {
  /** Resolves when the stream has taken the bytes. */
  send(fields: Readonly<Record<string, unknown>>, body?: Uint8Array): Promise<void>;
  /** Stops listening; later frames of this exchange are dropped. */
  forget(): void;
}

export class Connection {
  readonly #stream: Duplex;
  readonly #clock: Clock;
  readonly #decoder = new FrameDecoder();
  readonly #listeners = new Map<number, Listener>();
  #nextId = 1;
  #dead: BoundaryError | null = null;
  #drained: { readonly promise: Promise<void>; readonly resolve: () => void } | null = null;

  constructor(stream: Duplex, clock: Clock) {
    this.#stream = stream;
    this.#clock = clock;
    stream.on("data", (chunk: Buffer) => this.#receive(chunk));
    stream.on("drain", () => this.#release());
    stream.on("error", (error) => this.die(`connection to the supervisor broke: ${errorText(error)}`));
    stream.on("close", () => this.die("the supervisor is gone: the sandbox was killed or ended"));
    stream.on("end", () => this.die("the supervisor is gone: the sandbox was killed or ended"));
  }

  get dead(): BoundaryError | null {
    return this.#dead;
  }

  /** Declares the sandbox dead: closes the stream and fails everything under way. The first reason stays. */
  die(reason: string): BoundaryError {
    if (this.#dead) return this.#dead;
    const error = new BoundaryError("sandbox", reason, { transient: true });
    this.#dead = error;
    this.#stream.destroy();
    this.#release();
    const listeners = [...this.#listeners.values()];
    this.#listeners.clear();
    for (const listener of listeners) listener.died(error);
    return error;
  }

  /** Opens an exchange; its first frame is sent with the given fields. */
  open(fields: Readonly<Record<string, unknown>>, listener: Listener, body?: Uint8Array): Exchange {
    if (this.#dead) throw this.#dead;
    const id = this.#nextId++;
    this.#listeners.set(id, listener);
    const send: Exchange["send"] = (more, data) => this.#send({ ...more, id }, data);
    send(fields, body).catch(() => {});
    return { send, forget: () => this.#listeners.delete(id) };
  }

  /**
   * One request, one reply. `deadlineMs` is the host's own patience: when it passes, the sandbox is declared dead,
   * since a supervisor that does not answer cannot be trusted to have done anything.
   */
  request(fields: Readonly<Record<string, unknown>>, deadlineMs: number, body?: Uint8Array): Promise<Frame> {
    return this.within(deadlineMs, String(fields["op"]), (resolve, reject) => {
      this.open(
        fields,
        {
          frame: (frame) => {
            resolve(frame);
            return true;
          },
          died: reject,
        },
        body,
      );
    });
  }

  /** Runs an exchange under the host's deadline. */
  async within<T>(
    deadlineMs: number,
    what: string,
    start: (resolve: (value: T) => void, reject: (error: unknown) => void) => void,
  ): Promise<T> {
    const patience = new AbortController();
    this.#clock.sleep(deadlineMs, patience.signal).then(
      () => this.die(`no answer to ${what} within ${deadlineMs} ms: the sandbox hangs`),
      () => {},
    );
    try {
      return await new Promise<T>(start);
    } finally {
      patience.abort();
    }
  }

  async #send(fields: Readonly<Record<string, unknown>>, body: Uint8Array | undefined): Promise<void> {
    if (this.#dead) throw this.#dead;
    let flowing = true;
    for (const part of encodeFrame(fields, body)) flowing = this.#stream.write(part);
    if (flowing) return;
    if (!this.#drained) {
      let resolve = (): void => {};
      const promise = new Promise<void>((done) => {
        resolve = done;
      });
      this.#drained = { promise, resolve };
    }
    await this.#drained.promise;
    if (this.#dead) throw this.#dead;
  }

  #release(): void {
    this.#drained?.resolve();
    this.#drained = null;
  }

  #receive(chunk: Buffer): void {
    if (this.#dead) return;
    try {
      for (const frame of this.#decoder.push(chunk)) {
        const listener = this.#listeners.get(frame.header.id);
        if (listener?.frame(frame)) this.#listeners.delete(frame.header.id);
      }
    } catch (error) {
      this.die(`unreadable answer from the supervisor: ${errorText(error)}`);
    }
  }
}
