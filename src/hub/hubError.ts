// A hub that did not do its part, after all tries: nobody's input is wrong, and pushing again goes on.

export class HubError extends Error {
  override readonly name = "HubError";
}
