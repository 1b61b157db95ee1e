"""The names that the adapter takes from verl, with the members that verl 0.9.1 documents: verl itself needs a GPU's worth of packages."""

from dataclasses import dataclass, field


@dataclass
class AgentLoopMetrics:
    generate_sequences: float = 0.0
    tool_calls: float = 0.0
    num_preempted: int = -1


@dataclass
class AgentLoopOutput:
    prompt_ids: list
    response_ids: list
    response_mask: list
    metrics: AgentLoopMetrics
    response_logprobs: list | None = None
    routed_experts: object = None
    multi_modal_data: dict | None = None
    reward_score: float | None = None
    num_turns: int = 0
    extra_fields: dict = field(default_factory=dict)


class AgentLoopBase:
    def __init__(self, trainer_config, server_manager, tokenizer, processor, dataset_cls, data_config, hf_model_type=None, **kwargs):
        self.config = trainer_config.config
        self.tokenizer = tokenizer


registered = {}


def register(agent_name):
    def decorator(subclass):
        registered[agent_name] = subclass
        return subclass

    return decorator
