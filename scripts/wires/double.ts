// An LLM double that speaks all three wires and both scaffolds, and says the same script on each. It keeps every request.
import type { IncomingMessage } from "node:http";
import { createServer } from "node:http";
import { z } from "zod";

/** One turn of the script: what the model thinks and says, and the action it takes, as a command and as a native call. */
export interface Turn {
  readonly thinks: string;
  readonly says: string;
  readonly command: string;
  readonly call: { readonly name: string; readonly arguments: Readonly<Record<string, unknown>> };
}

export const WIRES = ["openai", "openaiResponses", "anthropic"] as const;
export type WireName = (typeof WIRES)[number];

export interface SeenRequest {
  readonly wire: WireName;
  readonly native: boolean;
  /** Replies that its history holds. */
  readonly step: number;
  readonly body: Readonly<Record<string, unknown>>;
}

export interface Double extends AsyncDisposable {
  readonly origin: string;
  readonly requests: readonly SeenRequest[];
}

const PATHS: ReadonlyMap<string, WireName> = new Map([
  ["/v1/chat/completions", "openai"],
  ["/v1/responses", "openaiResponses"],
  ["/v1/messages", "anthropic"],
]);
const REQUEST_BYTES_MAX = 4_194_304;

const objectSchema = z.record(z.string(), z.unknown());
const bodySchema = z.looseObject({
  tools: z.array(z.unknown()).optional(),
  messages: z.array(z.looseObject({ role: z.string().optional() })).optional(),
  input: z.array(z.looseObject({ type: z.string(), role: z.string().optional() })).optional(),
});

export async function startDouble(script: readonly Turn[]): Promise<Double> {
  const requests: SeenRequest[] = [];
  const server = createServer((request, response) => {
    void readBody(request).then((text) => {
      const wire = PATHS.get(request.url ?? "");
      const body = objectSchema.parse(JSON.parse(text));
      const { tools, messages, input } = bodySchema.parse(body);
      const step = stepOf(messages ?? [], input ?? []);
      const turn = script[step];
      if (wire === undefined || turn === undefined) {
        const message = `nothing is scripted for ${request.url}, step ${step}`;
        response.writeHead(404).end(JSON.stringify({ error: { message } }));
        return;
      }
      const native = (tools ?? []).length > 0;
      requests.push({ wire, native, step, body });
      const usage = { input: Math.ceil(text.length / 4), output: 60, reasoning: 20 };
      const reply = REPLIES[wire]({ turn, native, step, usage });
      response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(reply));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no TCP port was given");
  return {
    origin: `http://127.0.0.1:${address.port}`,
    requests,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

/** The replies in a history: on every wire a run of what the assistant said, between what others said. */
function stepOf(
  messages: readonly { role?: string | undefined }[],
  input: readonly { type: string; role?: string | undefined }[],
): number {
  const own = messages.map(({ role }) => role === "assistant");
  const items = input.map(
    ({ type, role }) => type === "reasoning" || type === "function_call" || role === "assistant",
  );
  const marks = [...own, ...items];
  return marks.filter((mine, at) => mine && marks[at - 1] !== true).length;
}

interface Said {
  readonly turn: Turn;
  readonly native: boolean;
  readonly step: number;
  readonly usage: { readonly input: number; readonly output: number; readonly reasoning: number };
}

const REPLIES: Readonly<Record<WireName, (said: Said) => unknown>> = {
  openai: ({ turn, native, step, usage }) => ({
    id: `chatcmpl-${step}`,
    model: "double",
    choices: [
      {
        index: 0,
        message: {
          role: "assistant",
          content: textOf(turn, native),
          reasoning_content: turn.thinks,
          ...(native
            ? {
                tool_calls: [
                  {
                    id: `call_${step}`,
                    type: "function",
                    function: { name: turn.call.name, arguments: JSON.stringify(turn.call.arguments) },
                  },
                ],
              }
            : {}),
        },
        finish_reason: native ? "tool_calls" : "stop",
      },
    ],
    usage: {
      prompt_tokens: usage.input,
      completion_tokens: usage.output,
      completion_tokens_details: { reasoning_tokens: usage.reasoning },
    },
  }),
  openaiResponses: ({ turn, native, step, usage }) => ({
    id: `resp_${step}`,
    model: "double",
    status: "completed",
    output: [
      {
        type: "reasoning",
        id: `rs_${step}`,
        summary: [{ type: "summary_text", text: turn.thinks }],
        encrypted_content: `encrypted-${step}`,
      },
      {
        type: "message",
        id: `msg_${step}`,
        role: "assistant",
        content: [{ type: "output_text", text: textOf(turn, native), annotations: [] }],
      },
      ...(native
        ? [
            {
              type: "function_call",
              id: `fc_${step}`,
              call_id: `call_${step}`,
              name: turn.call.name,
              arguments: JSON.stringify(turn.call.arguments),
            },
          ]
        : []),
    ],
    usage: {
      input_tokens: usage.input,
      output_tokens: usage.output,
      output_tokens_details: { reasoning_tokens: usage.reasoning },
    },
  }),
  anthropic: ({ turn, native, step, usage }) => ({
    id: `msg_${step}`,
    type: "message",
    role: "assistant",
    model: "double",
    content: [
      { type: "thinking", thinking: turn.thinks, signature: `signature-${step}` },
      { type: "text", text: textOf(turn, native) },
      ...(native
        ? [{ type: "tool_use", id: `call_${step}`, name: turn.call.name, input: turn.call.arguments }]
        : []),
    ],
    stop_reason: native ? "tool_use" : "end_turn",
    usage: { input_tokens: usage.input, output_tokens: usage.output },
  }),
};

function textOf({ says, command }: Turn, native: boolean): string {
  return native ? says : `${says}\n\n\`\`\`\n${command}\n\`\`\``;
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request) {
    const piece = Buffer.from(chunk);
    length += piece.length;
    if (length > REQUEST_BYTES_MAX) throw new Error(`a request is larger than ${REQUEST_BYTES_MAX} bytes`);
    chunks.push(piece);
  }
  return Buffer.concat(chunks).toString();
}
