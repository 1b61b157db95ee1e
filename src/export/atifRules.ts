// Every rule of ATIF 1.7 that a reader may hold a document to, the strict ones included that the reference models leave to trust. It
// is written against the format, not against our writer, and knows nothing of where a document comes from.

export const ATIF_VERSION = "ATIF-v1.7";

/** Faults that are named; a document with more is as unfit. */
const ISSUES_MAX = 20;

type Check = (value: unknown, at: string, say: Say) => void;
type Say = (issue: string) => void;
type Shape = { readonly [member: string]: { readonly check: Check; readonly required?: true } };

/** What a document breaks, each with its place; empty where it is sound. Null members count as absent, as in the format. */
export function atifIssues(document: unknown): readonly string[] {
  const issues: string[] = [];
  checkTrajectory(document, "", (issue) => {
    if (issues.length < ISSUES_MAX) issues.push(issue);
  });
  return issues;
}

const text: Check = (value, at, say) => {
  if (typeof value !== "string") say(`${at} is no string`);
};
const count: Check = (value, at, say) => {
  if (typeof value !== "number" || !Number.isInteger(value) || value < 0) say(`${at} is no whole number ≥ 0`);
};
const finite: Check = (value, at, say) => {
  if (typeof value !== "number" || !Number.isFinite(value)) say(`${at} is no finite number`);
};
const bool: Check = (value, at, say) => {
  if (typeof value !== "boolean") say(`${at} is neither true nor false`);
};
const object: Check = (value, at, say) => {
  if (membersOf(value) === null) say(`${at} is no object`);
};
const listOf =
  (check: Check, least = 0): Check =>
  (value, at, say) => {
    if (!Array.isArray(value)) return say(`${at} is no list`);
    if (value.length < least) say(`${at} has fewer than ${least} members`);
    for (const [index, item] of value.entries()) check(item, `${at}[${index}]`, say);
  };
const shaped =
  (shape: Shape): Check =>
  (value, at, say) => {
    const members = membersOf(value);
    if (members === null) return say(`${at} is no object`);
    for (const [name, { check, required }] of Object.entries(shape)) {
      const member = members[name] ?? null;
      if (member !== null) check(member, `${at}.${name}`, say);
      else if (required) say(`${at}.${name} is missing`);
    }
    for (const name of Object.keys(members)) {
      if (!Object.hasOwn(shape, name)) say(`${at}.${name} is no member of the format`);
    }
  };

const timestamp: Check = (value, at, say) => {
  if (typeof value !== "string" || !ISO_8601.test(value) || Number.isNaN(Date.parse(value))) {
    say(`${at} is no ISO 8601 time`);
  }
};
const ISO_8601 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:?\d{2})?$/;

const effort: Check = (value, at, say) => {
  if (typeof value !== "string" && typeof value !== "number") say(`${at} is neither text nor number`);
};

const IMAGE_TYPES = ["image/jpeg", "image/png", "image/gif", "image/webp"];
const part: Check = (value, at, say) => {
  shaped({
    type: { check: text, required: true },
    text: { check: text },
    source: {
      check: shaped({ media_type: { check: text, required: true }, path: { check: text, required: true } }),
    },
  })(value, at, say);
  const members = membersOf(value) ?? {};
  const source = membersOf(members["source"]);
  const hasText = typeof members["text"] === "string";
  if (members["type"] === "text") {
    if (!hasText || source !== null) say(`${at}: a part of text has text and no source`);
  } else if (members["type"] === "image") {
    if (hasText || source === null) say(`${at}: an image has a source and no text`);
    else if (!IMAGE_TYPES.includes(String(source["media_type"])))
      say(`${at}.source.media_type is no image type`);
  } else {
    say(`${at}.type is neither text nor image`);
  }
};
/** A string, or parts. */
const content: Check = (value, at, say) => {
  if (typeof value !== "string") listOf(part)(value, at, say);
};

const agent = shaped({
  name: { check: text, required: true },
  version: { check: text, required: true },
  model_name: { check: text },
  tool_definitions: { check: listOf(object) },
  extra: { check: object },
});
const toolCall = shaped({
  tool_call_id: { check: text, required: true },
  function_name: { check: text, required: true },
  arguments: { check: object, required: true },
  extra: { check: object },
});
const reference: Check = (value, at, say) => {
  shaped({
    trajectory_id: { check: text },
    trajectory_path: { check: text },
    session_id: { check: text },
    extra: { check: object },
  })(value, at, say);
  const members = membersOf(value) ?? {};
  if ((members["trajectory_id"] ?? null) === null && (members["trajectory_path"] ?? null) === null) {
    say(`${at} names neither an id nor a path`);
  }
};
const result: Check = (value, at, say) => {
  shaped({
    source_call_id: { check: text },
    content: { check: content },
    subagent_trajectory_ref: { check: listOf(reference, 1) },
    extra: { check: object },
  })(value, at, say);
  const members = membersOf(value) ?? {};
  if ((members["content"] ?? null) === null && (members["subagent_trajectory_ref"] ?? null) === null) {
    say(`${at} has neither content nor a subagent`);
  }
};
const observation = shaped({ results: { check: listOf(result), required: true } });
const metricsShape = shaped({
  prompt_tokens: { check: count },
  completion_tokens: { check: count },
  cached_tokens: { check: count },
  cost_usd: { check: finite },
  prompt_token_ids: { check: listOf(count) },
  completion_token_ids: { check: listOf(count) },
  logprobs: { check: listOf(finite) },
  extra: { check: object },
});
const metrics: Check = (value, at, say) => {
  metricsShape(value, at, say);
  const members = membersOf(value) ?? {};
  const { prompt_tokens: prompt, cached_tokens: cached, completion_tokens: completion } = members;
  if (typeof cached === "number" && (typeof prompt !== "number" || cached > prompt)) {
    say(`${at}.cached_tokens is not a part of prompt_tokens`);
  }
  for (const [name, tokens] of [
    ["prompt_token_ids", prompt],
    ["completion_token_ids", completion],
    ["logprobs", completion],
  ] as const) {
    const list = members[name];
    if (Array.isArray(list) && list.length !== tokens)
      say(`${at}.${name} has ${list.length} members, not ${String(tokens)}`);
  }
};
const finalMetrics = shaped({
  total_prompt_tokens: { check: count },
  total_completion_tokens: { check: count },
  total_cached_tokens: { check: count },
  total_cost_usd: { check: finite },
  total_steps: { check: count },
  extra: { check: object },
});

const AGENT_ONLY = ["model_name", "reasoning_effort", "reasoning_content", "tool_calls", "metrics"];
const stepShape = shaped({
  step_id: { check: count, required: true },
  source: { check: text, required: true },
  message: { check: content, required: true },
  timestamp: { check: timestamp },
  model_name: { check: text },
  reasoning_effort: { check: effort },
  reasoning_content: { check: text },
  tool_calls: { check: listOf(toolCall) },
  metrics: { check: metrics },
  observation: { check: observation },
  is_copied_context: { check: bool },
  llm_call_count: { check: count },
  extra: { check: object },
});

function checkStep(value: unknown, index: number, at: string, say: Say): void {
  stepShape(value, at, say);
  const members = membersOf(value) ?? {};
  const there = (name: string) => (members[name] ?? null) !== null;
  if (members["step_id"] !== index + 1) say(`${at}.step_id is not ${index + 1}`);
  const source = members["source"];
  if (source !== "system" && source !== "user" && source !== "agent")
    say(`${at}.source is none of system, user, agent`);
  if (source !== "agent") {
    for (const name of AGENT_ONLY) if (there(name)) say(`${at}.${name} is for steps of the agent only`);
  }
  if (source === "user" && there("observation")) say(`${at}.observation is not for steps of the user`);
  if (members["llm_call_count"] === 0) {
    for (const name of ["metrics", "reasoning_content"]) {
      if (there(name)) say(`${at}.${name} stands where no model was called`);
    }
  }
  const calls = listIn(members, "tool_calls");
  const ids = calls.map((call) => membersOf(call)?.["tool_call_id"]);
  if (new Set(ids).size !== ids.length) say(`${at}.tool_calls share an id`);
  const results = listIn(membersOf(members["observation"]) ?? {}, "results");
  for (const [position, entry] of results.entries()) {
    const id = membersOf(entry)?.["source_call_id"] ?? null;
    if (id !== null && !ids.includes(id)) {
      say(`${at}.observation.results[${position}].source_call_id is no call of this step`);
    }
  }
}

const rootShape: Shape = {
  schema_version: { check: text, required: true },
  session_id: { check: text },
  trajectory_id: { check: text },
  agent: { check: agent, required: true },
  steps: { check: listOf(object, 1), required: true },
  notes: { check: text },
  final_metrics: { check: finalMetrics },
  continued_trajectory_ref: { check: text },
  subagent_trajectories: { check: listOf(object) },
  extra: { check: object },
};

function checkTrajectory(value: unknown, at: string, say: Say): void {
  shaped(rootShape)(value, at, say);
  const members = membersOf(value) ?? {};
  if (members["schema_version"] !== ATIF_VERSION) say(`${at}.schema_version is not ${ATIF_VERSION}`);
  const steps = listIn(members, "steps");
  for (const [index, step] of steps.entries()) checkStep(step, index, `${at}.steps[${index}]`, say);
  const total = membersOf(members["final_metrics"])?.["total_steps"];
  if (typeof total === "number" && total !== steps.length && typeof members["notes"] !== "string") {
    say(`${at}.final_metrics.total_steps is not the number of steps, and no note says why`);
  }
  const subagents = listIn(members, "subagent_trajectories");
  const ids = subagents.map((one) => membersOf(one)?.["trajectory_id"]);
  for (const [index, one] of subagents.entries()) {
    const place = `${at}.subagent_trajectories[${index}]`;
    if (typeof ids[index] !== "string") say(`${place}.trajectory_id is missing`);
    checkTrajectory(one, place, say);
  }
  if (new Set(ids).size !== ids.length) say(`${at}.subagent_trajectories share an id`);
  for (const [id, place] of embeddedReferences(steps, at)) {
    if (!ids.includes(id)) say(`${place} names ${id}, which is not embedded, and no path`);
  }
}

/** References by id alone: they must be embedded. */
function* embeddedReferences(steps: readonly unknown[], at: string): Generator<readonly [string, string]> {
  for (const [index, step] of steps.entries()) {
    const results = listIn(membersOf(membersOf(step)?.["observation"]) ?? {}, "results");
    for (const [position, entry] of results.entries()) {
      for (const one of listIn(membersOf(entry) ?? {}, "subagent_trajectory_ref")) {
        const { trajectory_id: id, trajectory_path: path } = membersOf(one) ?? {};
        if (typeof id === "string" && (path ?? null) === null) {
          yield [id, `${at}.steps[${index}].observation.results[${position}].subagent_trajectory_ref`];
        }
      }
    }
  }
}

function membersOf(value: unknown): { readonly [name: string]: unknown } | null {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value))
    : null;
}

function listIn(members: { readonly [name: string]: unknown }, name: string): readonly unknown[] {
  const list = members[name];
  return Array.isArray(list) ? list : [];
}
