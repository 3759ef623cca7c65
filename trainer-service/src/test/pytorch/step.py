"""A training step as PyTorch's users write it, eager, for a comparison with `./millrace bench train`.

The decoder is GPT-2's, as in nanoGPT, for which the asked speed is a multiple: learned positions, LayerNorm without biases,
GELU of four times the width, the head tied to the embedding; products in bf16 by autocast, AdamW, gradients clipped at 1,
nothing compiled. Millrace's is Llama's (RMSNorm, rotations, SwiGLU), of about as many parameters and products at its default
shape; at others both counts are in the result. From some 19,200 tokens a step on (at a width of 384) it uses Muon where this
one keeps to AdamW. Attention is `scaled_dot_product_attention` where PyTorch has it (2.0), else masked products and a
softmax: the result says which, and which version, since one of some years ago is slower.

    step.py SECONDS LAYERS WIDTH HEADS TOKENS ROWS VOCABULARY

prints one JSON object: tokens a second by the median and the best step, and what was run.
"""

import json
import math
import os
import statistics
import sys
import time

import torch
from torch import nn
from torch.nn import functional as F

HAS_ATTENTION = hasattr(F, "scaled_dot_product_attention")
WARM_UP = 5
LEAST_STEPS = 5


class Norm(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))

    def forward(self, x):
        return F.layer_norm(x, self.weight.shape, self.weight, None, 1e-5)


class Attention(nn.Module):
    def __init__(self, width, heads, tokens):
        super().__init__()
        self.heads = heads
        self.project_in = nn.Linear(width, 3 * width, bias=False)
        self.project_out = nn.Linear(width, width, bias=False)
        self.register_buffer("past", torch.tril(torch.ones(tokens, tokens, dtype=torch.bool)))

    def forward(self, x):
        b, t, c = x.shape
        q, k, v = (y.view(b, t, self.heads, c // self.heads).transpose(1, 2) for y in self.project_in(x).split(c, 2))
        if HAS_ATTENTION:
            y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        else:
            scores = q @ k.transpose(2, 3) / math.sqrt(q.shape[3])
            y = F.softmax(scores.masked_fill(~self.past[:t, :t], -math.inf), 3) @ v
        return self.project_out(y.transpose(1, 2).reshape(b, t, c))


class Block(nn.Module):
    def __init__(self, width, heads, tokens):
        super().__init__()
        self.before_attention = Norm(width)
        self.attention = Attention(width, heads, tokens)
        self.before_wide = Norm(width)
        self.widen = nn.Linear(width, 4 * width, bias=False)
        self.narrow = nn.Linear(4 * width, width, bias=False)

    def forward(self, x):
        x = x + self.attention(self.before_attention(x))
        return x + self.narrow(F.gelu(self.widen(self.before_wide(x))))


class Decoder(nn.Module):
    def __init__(self, layers, width, heads, tokens, vocabulary):
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, width)
        self.positions = nn.Embedding(tokens, width)
        self.blocks = nn.ModuleList(Block(width, heads, tokens) for _ in range(layers))
        self.norm = Norm(width)
        self.head = nn.Linear(width, vocabulary, bias=False)
        self.head.weight = self.embedding.weight
        nn.init.normal_(self.embedding.weight, std=0.02)

    def forward(self, ids, targets):
        x = self.embedding(ids) + self.positions(torch.arange(ids.shape[1]))
        for block in self.blocks:
            x = block(x)
        logits = self.head(self.norm(x))
        return F.cross_entropy(logits.flatten(0, 1), targets.flatten())


def main(seconds, layers, width, heads, tokens, rows, vocabulary):
    # All that the process may use: its own choice may be half of them.
    torch.set_num_threads(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count())
    torch.manual_seed(1)
    model = Decoder(layers, width, heads, tokens, vocabulary)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, betas=(0.9, 0.95), weight_decay=0.1)

    def step():
        text = torch.randint(vocabulary, (rows, tokens + 1))
        with torch.autocast("cpu", dtype=torch.bfloat16):
            loss = model(text[:, :-1], text[:, 1:])
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        return loss.item()

    for _ in range(WARM_UP):
        step()
    took = []
    while len(took) < LEAST_STEPS or sum(took) < seconds:
        start = time.perf_counter()
        step()
        took.append(time.perf_counter() - start)
    print(json.dumps({
        "tokens_per_second": round(rows * tokens / statistics.median(took), 1),
        "best_tokens_per_second": round(rows * tokens / min(took), 1),
        "params": sum(p.numel() for p in model.parameters()),
        "steps": len(took),
        "torch": torch.__version__,
        "attention": "scaled_dot_product_attention" if HAS_ATTENTION else "products",
        "threads": torch.get_num_threads(),
    }))


if __name__ == "__main__":
    main(float(sys.argv[1]), *map(int, sys.argv[2:]))
