// A small program of ours in the sandbox's own Python: it reads arguments and standard input, and answers with one JSON value. The
// sandbox is the agent's, so no answer is trusted before its form is checked, and none at all is an ordinary case.
import type { z } from "zod";
import type { ExecResult } from "../core/sandbox.ts";
import type { ToolContext } from "../core/tool.ts";

export interface Question<Answer extends z.ZodType> {
  /** Tells the questions of one action apart. */
  readonly name: string;
  readonly script: string;
  readonly args: readonly string[];
  readonly stdin?: string;
  readonly answer: Answer;
  readonly answerBytesMax: number;
  /** Default: as long as the action may take. */
  readonly timeoutMs?: number;
}

/** Null for the answer where the program did not finish, or something else answered in its name. */
export async function askPython<Answer extends z.ZodType>(
  { sandbox, actionId, actionTimeoutMs, signal }: ToolContext,
  question: Question<Answer>,
): Promise<{ readonly answer: z.infer<Answer> | null; readonly result: ExecResult }> {
  const { name, script, args, stdin, answerBytesMax } = question;
  // Isolated: a `json.py` in the workspace must not stand in for the library's.
  const argv = ["python3", "-I", "-c", script, ...args];
  const result = await sandbox.exec(`${actionId}/${name}`, argv, {
    timeoutMs: Math.min(question.timeoutMs ?? actionTimeoutMs, actionTimeoutMs),
    outputBytesMax: answerBytesMax,
    signal,
    ...(stdin === undefined ? {} : { stdin: new TextEncoder().encode(stdin) }),
  });
  return { answer: result.exitCode === 0 ? parsed(question.answer, result.output) : null, result };
}

function parsed<Answer extends z.ZodType>(schema: Answer, output: string): z.infer<Answer> | null {
  try {
    const answer = schema.safeParse(JSON.parse(output));
    return answer.success ? answer.data : null;
  } catch {
    return null;
  }
}
