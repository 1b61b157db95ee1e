// How far ids made from text are from those that were sampled, where both are there: a reply's ids decoded and encoded again, and a
// prompt's beside what the template makes of its messages. Differing ids are reported, never exchanged.
import type { Json } from "../core/json.ts";
import type { RolloutRows } from "../dataset/rows.ts";
import { unmarkedMessage } from "./chatMessage.ts";
import type { ChatTokenizer } from "./chatTokenizer.ts";
import { openAiTools } from "./openAiTools.ts";
import { stepTurns } from "./stepTurns.ts";
import { tokenSteps } from "./tokenSteps.ts";

export interface RetokenizedDrift {
  add(rollout: RolloutRows): void;
  figures(): { readonly [name: string]: Json };
  note(): string | null;
}

export function retokenizedDrift(tokenizer: ChatTokenizer): RetokenizedDrift {
  const replies = { compared: 0, differ: 0 };
  const prompts = { compared: 0, differ: 0, notRendered: 0 };
  return {
    add: (rollout) => {
      for (const { step, promptIds, completionIds, before } of tokenSteps(rollout.steps)) {
        replies.compared++;
        const text = tokenizer.decode(completionIds);
        if (text === null || !same(tokenizer.encode(text), completionIds)) replies.differ++;
        // Later prompts repeat the first and add what was sampled, which the replies say already.
        if (before !== null) continue;
        const turns = stepTurns(rollout, step);
        const messages = turns?.prompt.map(unmarkedMessage);
        const pieces =
          messages?.every((message) => message !== null) === true
            ? tokenizer.render(messages, openAiTools(rollout))
            : null;
        if (pieces === null) {
          prompts.notRendered++;
          continue;
        }
        prompts.compared++;
        const ids = pieces.flatMap(({ text }) => [...tokenizer.encode(text)]);
        // The prompt of a call ends with what asks for a reply, which a conversation that stops there does not have.
        if (!same(ids, promptIds.slice(0, ids.length))) prompts.differ++;
      }
    },
    figures: () => ({
      replies: { ...replies },
      firstPrompts: { ...prompts },
      driftRate: replies.compared === 0 ? null : replies.differ / replies.compared,
    }),
    note: () => {
      if (replies.compared === 0) {
        return "No token ids were captured, so nothing says how far these ids, which are made from text, are from those that were sampled.";
      }
      if (replies.differ + prompts.differ === 0) return null;
      return (
        `These ids are made from text. Of ${replies.compared} replies whose sampled ids are known ${replies.differ} come out otherwise, and of ` +
        `${prompts.compared} first prompts ${prompts.differ}; \`sft_tokens\` has the sampled ones.`
      );
    },
  };
}

function same(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((id, index) => id === b[index]);
}
