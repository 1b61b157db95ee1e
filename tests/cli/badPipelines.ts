// The pipeline files that tests of bad input start from.

/** A good one: a scripted model on one task. */
export const GOOD = `name: test
cells:
  tasks: [battle-of-sexes]
  models:
    - name: m
      wire: scripted
rollouts:
  perCell: 4
sandbox:
  backend: process
stages: {}
`;

/** A good one with a model behind a URL. */
export const REAL = `name: test
cells:
  tasks: [battle-of-sexes]
  models:
    - name: m
      wire: openai
      model: x
      baseUrls: ["http://127.0.0.1:9/v1"]
      price: { inputPerMillion: 1, outputPerMillion: 2 }
  sampling:
    - temperature: 1
rollouts:
  perCell: 4
sandbox:
  backend: process
  unsafe: true
stages: {}
`;

/** A text with one part replaced, which must be there. */
export function edited(text: string, from: string, to: string): string {
  if (!text.includes(from)) throw new Error(`"${from}" is not in the text`);
  return text.replace(from, to);
}
