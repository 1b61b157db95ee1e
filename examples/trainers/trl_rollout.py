"""TRL: a `rollout_func` for GRPOTrainer whose completions are whole rollouts of Nightshift, judged.

    from trl import GRPOConfig, GRPOTrainer
    from trl_rollout import nightshift_rollout_func, nightshift_reward

    rollout_func = nightshift_rollout_func("http://127.0.0.1:8000", endpoint("http://127.0.0.1:8001/v1", MODEL))
    GRPOTrainer(model=MODEL, args=GRPOConfig(use_vllm=True, ...), train_dataset=tasks,
                reward_funcs=nightshift_reward, rollout_func=rollout_func).train()

Each prompt of the dataset is the name of a task that the server serves. Written against TRL 1.16.0, where `rollout_func` is experimental;
the server that TRL syncs its weights to must speak chat completions with token ids.
"""

from collections import Counter

from nightshift_rollouts import SEEDS, endpoint, reward_of, rollouts, tokens_of  # noqa: F401


def nightshift_rollout_func(serve_url, endpoint, token=None, **request):
    """`request`: further members of POST /rollouts, such as sampling, agent, limits or evaluationSeeds."""

    def rollout_func(prompts, trainer):
        tasks = [task_of(prompt) for prompt in prompts]
        step = trainer.state.global_step
        played = {}
        for task, count in Counter(tasks).items():
            # Equal prompts are a group, and every step and process has seeds of its own: a seed is one episode.
            first = (step * trainer.accelerator.num_processes + trainer.accelerator.process_index) * count
            seeds = [(first + index) % SEEDS for index in range(count)]
            body = {"tasks": [task], "seeds": seeds, "groupSize": count, "endpoint": endpoint}
            lines = rollouts(serve_url, {**body, "policyVersion": step, **request}, token)
            played[task] = sorted(lines, key=lambda line: line["seed"])
        pad = trainer.processing_class.pad_token_id or 0
        mine = [played[task].pop(0) for task in tasks]
        prompt_ids, completion_ids, masks, logprobs = zip(*(tokens_of(line, pad) for line in mine))
        return {
            "prompt_ids": [list(ids) for ids in prompt_ids],
            "completion_ids": [list(ids) for ids in completion_ids],
            "logprobs": [list(values) for values in logprobs],
            "env_mask": [list(mask) for mask in masks],
            # The other members reach the reward functions by name.
            "nightshift_rewards": [reward_of(line) for line in mine],
            "nightshift_keys": [line["rollout_key"] for line in mine],
        }

    return rollout_func


def nightshift_reward(completions, nightshift_rewards, **kwargs):
    """The reward function that goes with it. None leaves a rollout out."""
    return nightshift_rewards


def task_of(prompt):
    """A prompt is a task's name, plain or as the last message of a conversation."""
    return prompt if isinstance(prompt, str) else prompt[-1]["content"]
