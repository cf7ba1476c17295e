"""Tiny models with chat templates like those of real ones, each with its own idea of what a chat looks like."""

from __future__ import annotations

import torch

from pellucid.models.huggingface.model import HuggingFaceModel
from tests.families import live

__all__ = ["CHATS", "REFUSES_SYSTEM", "TEMPLATES", "chat_model"]

# A header of special tokens for each message, contents stripped, the start of text written out.
LLAMA3 = (
    "{% for message in messages %}"
    "{% set content = '<|start|>' + message['role'] + '<|end|>\n\n' + message['content'] | trim + '<|eot|>' %}"
    "{% if loop.index0 == 0 %}{% set content = bos_token + content %}{% endif %}{{ content }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|start|>assistant<|end|>\n\n' }}{% endif %}"
)
# A system message of its own where there is none; contents as they are.
QWEN = (
    "{% if messages[0]['role'] != 'system' %}{{ '<|im_start|>system\nYou are old.<|im_end|>\n' }}{% endif %}"
    "{% for message in messages %}"
    "{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
# No system role; the assistant is called model.
GEMMA = (
    "{{ bos_token }}{% if messages[0]['role'] == 'system' %}{{ raise_exception('System role not supported') }}"
    "{% endif %}{% for message in messages %}"
    "{% set role = 'model' if message['role'] == 'assistant' else message['role'] %}"
    "{{ '<start_of_turn>' + role + '\n' + message['content'] | trim + '<end_of_turn>\n' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<start_of_turn>model\n' }}{% endif %}"
)
# Plain text around the contents, no prompt for the answer, the system message inside the first of the user.
MISTRAL = (
    "{{ bos_token }}{% if messages[0]['role'] == 'system' %}"
    "{% set system = messages[0]['content'] %}{% set rest = messages[1:] %}"
    "{% else %}{% set system = '' %}{% set rest = messages %}{% endif %}"
    "{% for message in rest %}{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}"
    "{{ raise_exception('Roles must alternate user/assistant') }}{% endif %}"
    "{% if message['role'] == 'user' %}{{ '[INST] ' + (system + '\n\n' if loop.first and system else '') }}"
    "{{ message['content'] + ' [/INST]' }}"
    "{% else %}{{ ' ' + message['content'] | trim + eos_token }}{% endif %}{% endfor %}"
)
TEMPLATES = {"llama": LLAMA3, "qwen3": QWEN, "gemma3": GEMMA, "mistral": MISTRAL}
SPECIALS = {
    "llama": ["<|start|>", "<|end|>", "<|eot|>"],
    "qwen3": ["<|im_start|>", "<|im_end|>"],
    "gemma3": ["<start_of_turn>", "<end_of_turn>"],
    "mistral": [],
}
CHATS = tuple(TEMPLATES)
REFUSES_SYSTEM = ("gemma3",)


def chat_model(kind: str, template: str | None = None, family: str | None = None) -> HuggingFaceModel:
    """A new model of a kind, with room for a chat; ``template`` and ``family`` instead of its own."""
    module, tokenizer = live(family or {"mistral": "llama"}.get(kind, kind))
    tokenizer.add_special_tokens({"additional_special_tokens": SPECIALS[kind]})
    tokenizer.chat_template = template or TEMPLATES[kind]
    torch.manual_seed(1)
    module.resize_token_embeddings(len(tokenizer), mean_resizing=False)
    module.config.max_position_embeddings = 512
    return HuggingFaceModel(module, tokenizer, kind)
