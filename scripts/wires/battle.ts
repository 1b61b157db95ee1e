// One rollout of battle-of-sexes, written out: look, change, measure, hand in. And the pipeline that plays it in both scaffolds
// on all three wires.
import type { Double, Turn } from "./double.ts";

const PROGRAM = "def row_strategy(history):\n    return 0\n";

export const SCRIPT: readonly Turn[] = [
  {
    thinks: "Nothing is known yet.",
    says: "First I look at what is there.",
    command: "ls -la",
    call: { name: "shell", arguments: { command: "ls -la" } },
  },
  {
    thinks: "The strategy is the file to change.",
    says: "I read the strategy.",
    command: "open strategy.py 4",
    call: { name: "open", arguments: { path: "strategy.py", line: 4 } },
  },
  {
    thinks: "The other player copies often: insisting should pay.",
    says: "I insist on my favourite.",
    command: `cat > strategy.py <<'END'\n${PROGRAM}END`,
    call: { name: "shell", arguments: { command: `cat > strategy.py <<'END'\n${PROGRAM}END` } },
  },
  {
    thinks: "A note for the reader does no harm.",
    says: "I say in the file what it does.",
    command: "open strategy.py",
    call: { name: "open", arguments: { path: "strategy.py" } },
  },
  {
    thinks: "At the top.",
    says: "At its top.",
    command: "insert 0\n# Insists on the first move.\nend_of_insert",
    call: { name: "insert", arguments: { after: 0, text: "# Insists on the first move.\n" } },
  },
  {
    thinks: "Now the score.",
    says: "I measure it.",
    command: "validate",
    call: { name: "validate", arguments: {} },
  },
  {
    thinks: "Good enough.",
    says: "I hand it in.",
    command: "submit",
    call: { name: "submit", arguments: {} },
  },
];

/** Two agents and three models, one rollout each. */
export function pipelineText({ origin }: Pick<Double, "origin">): string {
  return `name: wires
cells:
  tasks: [battle-of-sexes]
  agents:
    - { name: fenced, scaffold: fenced, history: appendOnly }
    - { name: native, scaffold: native, history: appendOnly }
  models:
    - { name: chat, wire: openai, model: double-chat, baseUrls: ["${origin}/v1"], reasoningField: reasoning_content }
    - { name: responses, wire: openaiResponses, model: double-responses, baseUrls: ["${origin}/v1"] }
    - { name: messages, wire: anthropic, model: double-messages, baseUrls: ["${origin}"] }
rollouts: { perCell: 1 }
limits: { steps: 12, actionSeconds: 20, validations: 2 }
sandbox: { backend: process, unsafe: true }
stages:
  evaluate: { seeds: 1 }
  export: [sft_branches]
allow: [benchmark]
`;
}
