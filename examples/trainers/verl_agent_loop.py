"""verl: an agent loop in which each sample is a whole rollout of Nightshift, judged.

    # agent_loop.yaml, named by actor_rollout_ref.rollout.agent.agent_loop_config_path
    - name: nightshift
      _target_: verl_agent_loop.NightshiftAgentLoop
      serve_url: http://127.0.0.1:8000
      endpoint: {baseUrl: http://127.0.0.1:8001/v1, model: policy, extraBody: {return_token_ids: true, logprobs: true}}

A row of the dataset has `agent_name: nightshift`, and in `extra_info` the `task` and a `seed`. Written against verl 0.9.1.
"""

import asyncio
import itertools
from typing import Any

from nightshift_rollouts import reward_of, rollouts, tokens_of
from verl.experimental.agent_loop.agent_loop import AgentLoopBase, AgentLoopMetrics, AgentLoopOutput, register

SAMPLING = {"temperature": "temperature", "top_p": "topP", "top_k": "topK", "max_tokens": "maxTokens"}
unseeded = itertools.count()  # rows without a seed, and repeats of a row, are episodes of their own


@register("nightshift")
class NightshiftAgentLoop(AgentLoopBase):
    def __init__(self, *args, serve_url: str, endpoint: dict, token: str | None = None, request: dict | None = None, **kwargs):
        super().__init__(*args, **kwargs)
        self.serve_url, self.endpoint, self.token, self.request = serve_url, dict(endpoint), token, dict(request or {})
        self.response_length = self.config.actor_rollout_ref.rollout.response_length

    async def run(self, sampling_params: dict[str, Any], **kwargs) -> AgentLoopOutput:
        row = kwargs.get("extra_info") or {}
        sampling = {SAMPLING[key]: value for key, value in sampling_params.items() if key in SAMPLING and value != -1}
        body = {"tasks": [row["task"]], "seeds": [row.get("seed", next(unseeded))], "endpoint": self.endpoint}
        line = await asyncio.to_thread(self.play, {**body, "sampling": sampling, **self.request})
        prompt_ids, completion_ids, mask, logprobs = tokens_of(line)
        most = self.response_length
        tool_s = sum(action["tool_s"] or 0 for step in line["steps"] for action in step["actions"])
        versions = [step["policy_version"] for step in line["steps"]]
        return AgentLoopOutput(
            prompt_ids=prompt_ids,
            response_ids=completion_ids[:most],
            response_mask=mask[:most],
            response_logprobs=logprobs[:most],
            # What infrastructure cut off has no unmasked token: its reward teaches nothing.
            reward_score=reward_of(line) or 0.0,
            num_turns=2 * len(line["steps"]) + 1,
            metrics=AgentLoopMetrics(
                generate_sequences=sum(step["latency_s"] for step in line["steps"]), tool_calls=tool_s
            ),
            extra_fields={"turn_scores": [], "tool_rewards": [], "nightshift_versions": versions},
        )

    def play(self, body: dict) -> dict:
        return next(iter(list(rollouts(self.serve_url, body, self.token))))
