"""A client of `nightshift serve` for trainers: asks for rollouts, yields them as they end, and reads tokens out of them.

Standard library only. Leaving the generator (a break, an exception, a closed loop) closes the connection, which stops the rollouts.
"""

import json
import urllib.error
import urllib.request

# vLLM's names for what a trainer needs with each reply; SGLang gives it under others, see docs/serve.md.
TOKENS = {"return_token_ids": True, "logprobs": True}
SEEDS = 1_000_000  # seeds of a task are 0 … 999,999
FLOOR = 0.0  # anchored@1 of nothing: what an episode earns that handed nothing valid in


def rollouts(serve_url, request, token=None, timeout_s=3600):
    """Yields one dict a rollout, as each ends. Raises RuntimeError where the server refuses or breaks off."""
    headers = {"content-type": "application/json"}
    if token:
        headers["authorization"] = f"Bearer {token}"
    ask = urllib.request.Request(f"{serve_url}/rollouts", json.dumps(request).encode(), headers)
    try:
        response = urllib.request.urlopen(ask, timeout=timeout_s)
    except urllib.error.HTTPError as error:
        raise RuntimeError(json.load(error)["error"]["message"]) from error
    with response:
        line = {}
        for text in response:
            line = json.loads(text)
            if line["kind"] == "rollout":
                yield line
        if line.get("kind") != "end" or line["stopped"]:
            raise RuntimeError(f"the rollouts were broken off: {line.get('stopped') or 'the stream has no end'}")


def endpoint(base_url, model, **more):
    """The policy's endpoint, asked for token ids and log-probabilities."""
    return {"baseUrl": base_url, "model": model, "extraBody": TOKENS, **more}


def reward_of(rollout):
    """None where infrastructure cut it off (leave it out), the floor where the agent handed in nothing valid."""
    if not rollout["train"]:
        return None
    return FLOOR if rollout["reward"] is None else rollout["reward"]


def tokens_of(rollout, pad=0):
    """Prompt ids, completion ids, mask and logprobs of the last sequence; one masked token where there is none to train on.

    With the default history a rollout is one sequence. Histories that rewrite the past make several: train on all of them
    (`rollout["sequences"]`) where your trainer takes more rows than prompts.
    """
    if not rollout["sequences"]:
        return [pad], [pad], [0], [0.0]
    last = rollout["sequences"][-1]
    mask = last["completion_mask"] if rollout["train"] else [0] * len(last["completion_mask"])
    return last["prompt_ids"], last["completion_ids"], mask, last["logprobs"] or [0.0] * len(mask)
