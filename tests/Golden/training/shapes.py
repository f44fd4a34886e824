"""Golden numbers of all five families in random shapes: losses of five steps and the gradients of every weight in the first, in PyTorch.

    python3 shapes.py > shapes.json                 two shapes of each family
    python3 shapes.py 20 7 > shapes.json            twenty, of another seed, for a wider look

PyTorch in float64 on the CPU; nothing is taken from the engine. A shape is drawn with odd widths, fewer key/value heads, heads of a width of their own,
tied and untied outputs, gated and plain feed-forwards, with and without biases. The weights are drawn by a formula that both sides have (`draw`)
and rounded to float32; the engine computes in float32. The one batch of a case has three examples of different lengths, some targets are -100 and do not
count. The loss is, for each part, the mean over all that counts in the batch. AdamW with lr 0.001, betas 0.9 and 0.999, eps 1e-8, weight decay
0.01 on matrices only; gradients are clipped to a norm of 1. Of each gradient the file has its norm, its product with a vector of numbers
from -1 to 1 (`fraction`), and four of its elements.
"""
import json
import math
import platform
import random
import sys

import torch
import torch.nn.functional as F

torch.set_default_dtype(torch.float64)
COUNT, SEED = (int(a) for a in (sys.argv[1:] + ["2", "293"][len(sys.argv) - 1:]))
STEPS, LAMBDA, CLASSES = 5, 0.5, 3
R = random.Random(SEED)


def fraction(name, i):
    x = (i + 1) * 0.6180339887498949 + sum(map(ord, name)) * 0.1234567
    return 2 * (x - math.floor(x)) - 1


def draw(name, shape):
    is_gain = "norm" in name and name.endswith(".weight")
    scale, offset = (0.1, 1.0) if is_gain else (0.05, 0.0) if name.endswith(".bias") else (0.3, 0.0)
    flat = torch.tensor([offset + scale * fraction(name, i) for i in range(math.prod(shape))]).float().double()
    return flat.reshape(shape).requires_grad_()


class Case:
    """A model: metadata, tensors, and how it is evaluated on one example."""

    def __init__(self, family, objective):
        self.family, self.objective, self.metadata, self.shapes, self.head_shapes = family, objective, {"general.architecture": family}, {}, {}
        self.H = R.choice([1, 2, 3, 4])
        self.d_k = 2 * R.randint(1, 6) if family == "llama" else R.randint(2, 11)
        self.d, self.f, self.N, self.M = self.H * self.d_k, R.randint(5, 45), R.randint(1, 3), R.randint(1, 3)
        self.V, self.context = R.randint(30, 60), 16
        self.G = R.choice([g for g in range(1, self.H + 1) if self.H % g == 0]) if family == "llama" else self.H
        self.tied, self.biased = R.random() < 0.5, R.random() < 0.7
        if family == "t5":
            self.M, self.gated = R.randint(1, self.N), R.random() < 0.5
            self.buckets = R.choice([6, 10, 16, 32])         # no distance here falls onto the border of a bucket, where float32 and float64 part
            if R.random() < 0.5:
                self.d = R.randint(6, 40)                    # T5's heads need not be d / H wide
        getattr(self, family + "_shape")()
        self.w = {name: draw(name, shape) for name, shape in {**self.shapes, **self.head_shapes}.items()}
        self.examples = [self.example(length) for length in (R.randint(4, 7), R.randint(8, 12), 16)]

    def numbers(self, **values):
        self.metadata.update({f"{self.family}.{name.replace('__', '.')}": value for name, value in values.items()})

    def add(self, name, *shape, bias=False):
        self.shapes[name + ".weight"] = shape
        if bias:
            self.shapes[name + ".bias"] = shape[:1]

    def sizes(self, epsilon, name):
        self.numbers(context_length=self.context, embedding_length=self.d, feed_forward_length=self.f, block_count=self.N, attention__head_count=self.H)
        self.metadata[f"{self.family}.attention.{name}"] = self.epsilon = epsilon

    def head(self, name, *shape):
        self.head_shapes[name + ".weight"], self.head_shapes[name + ".bias"] = shape, shape[:1]

    def example(self, T):
        tokens = [R.randrange(self.V) for _ in range(T + 1)]
        example = {"tokens": tokens[:T]}
        if self.objective in ("causal", "joint", "seq2seq"):
            example["targets"] = [t if i == 0 or R.random() < 0.9 else -100 for i, t in enumerate(tokens[1:])]
        if self.objective == "bert":
            example["targets"] = [R.randrange(self.V) if i == 1 or R.random() < 0.2 else -100 for i in range(T)]
            example["next_sentence"] = R.randrange(2)
        if self.family == "bert":
            cut = R.randint(1, T - 1)
            example["segments"] = [0] * cut + [1] * (T - cut)
        if self.objective == "seq2seq":
            example["source"] = [2 + R.randrange(self.V - 2) for _ in range(R.randint(3, 16))]
            if self.family == "transformer":
                example["source"][-1:] = [1]                 # the padding token
        if self.objective in ("classification", "joint"):
            example["label"] = R.randrange(CLASSES)
        return example

    # Parts that several families have.

    def linear(self, name, x):
        return F.linear(x, self.w[name + ".weight"], self.w.get(name + ".bias"))

    def layer_norm(self, name, x):
        return F.layer_norm(x, x.shape[-1:], self.w[name + ".weight"], self.w[name + ".bias"], self.epsilon)

    def rms_norm(self, name, x):
        return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + self.epsilon) * self.w[name + ".weight"]

    def attend(self, q, k, v, scale, bias=0, causal=False):
        q, k, v = (x.view(len(x), -1, self.d_k).transpose(0, 1) for x in (q, k, v))
        k, v = (x.repeat_interleave(self.H // len(x), 0) for x in (k, v))
        scores = q @ k.transpose(1, 2) * scale + bias
        if causal:
            scores = scores + torch.full(scores.shape[1:], -math.inf).triu(1)
        return (torch.softmax(scores, -1) @ v).transpose(0, 1).reshape(q.shape[1], -1)

    def embed(self, tokens):
        return F.embedding(torch.tensor(tokens), self.w["token_embd.weight"])

    def logits(self, rows):
        return F.linear(rows, self.w.get("output.weight", self.w["token_embd.weight"]), self.w.get("output.bias"))

    @staticmethod
    def gelu(x):
        return 0.5 * x * (1 + torch.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x ** 3)))

    # LLaMA, https://arxiv.org/abs/2302.13971

    def llama_shape(self):
        self.sizes(1e-5, "layer_norm_rms_epsilon")
        self.base = R.choice([10000.0, 500000.0])
        self.numbers(attention__head_count_kv=self.G, rope__dimension_count=self.d_k, rope__freq_base=self.base)
        self.add("token_embd", self.V, self.d)
        for i in range(self.N):
            b = f"blk.{i}."
            self.add(b + "attn_norm", self.d)
            self.add(b + "attn_q", self.d, self.d)
            self.add(b + "attn_k", self.G * self.d_k, self.d)
            self.add(b + "attn_v", self.G * self.d_k, self.d)
            self.add(b + "attn_output", self.d, self.d)
            self.add(b + "ffn_norm", self.d)
            self.add(b + "ffn_gate", self.f, self.d)
            self.add(b + "ffn_up", self.f, self.d)
            self.add(b + "ffn_down", self.d, self.f)
        self.add("output_norm", self.d)
        if not self.tied:
            self.add("output", self.V, self.d)

    def llama(self, example):
        x = self.embed(example["tokens"])
        angle = torch.outer(torch.arange(len(x)).double(), self.base ** (-torch.arange(0, self.d_k, 2).double() / self.d_k))

        def turn(y):
            a, b = y.view(len(y), -1, self.d_k // 2, 2).unbind(-1)
            cos, sin = angle.cos()[:, None], angle.sin()[:, None]
            return torch.stack((a * cos - b * sin, b * cos + a * sin), -1).flatten(1)

        for i in range(self.N):
            b = f"blk.{i}."
            a = self.rms_norm(b + "attn_norm", x)
            q, k, v = (self.linear(b + "attn_" + letter, a) for letter in "qkv")
            x = x + self.linear(b + "attn_output", self.attend(turn(q), turn(k), v, self.d_k ** -0.5, causal=True))
            a = self.rms_norm(b + "ffn_norm", x)
            x = x + self.linear(b + "ffn_down", F.silu(self.linear(b + "ffn_gate", a)) * self.linear(b + "ffn_up", a))
        return self.rms_norm("output_norm", x)

    # GPT-2

    def gpt2_shape(self):
        self.sizes(1e-5, "layer_norm_epsilon")
        self.add("token_embd", self.V, self.d)
        self.add("position_embd", self.context, self.d)
        for i in range(self.N):
            b = f"blk.{i}."
            self.add(b + "attn_norm", self.d, bias=True)
            self.add(b + "attn_qkv", 3 * self.d, self.d, bias=True)
            self.add(b + "attn_output", self.d, self.d, bias=True)
            self.add(b + "ffn_norm", self.d, bias=True)
            self.add(b + "ffn_up", self.f, self.d, bias=True)
            self.add(b + "ffn_down", self.d, self.f, bias=True)
        self.add("output_norm", self.d, bias=True)
        if not self.tied:
            self.add("output", self.V, self.d)
        if self.objective != "causal":
            self.head("classifier", CLASSES, self.d)

    def gpt2(self, example):
        x = self.embed(example["tokens"]) + self.w["position_embd.weight"][:len(example["tokens"])]
        for i in range(self.N):
            b = f"blk.{i}."
            q, k, v = self.linear(b + "attn_qkv", self.layer_norm(b + "attn_norm", x)).split(self.d, -1)
            x = x + self.linear(b + "attn_output", self.attend(q, k, v, self.d_k ** -0.5, causal=True))
            x = x + self.linear(b + "ffn_down", self.gelu(self.linear(b + "ffn_up", self.layer_norm(b + "ffn_norm", x))))
        return self.layer_norm("output_norm", x)

    # BERT, https://arxiv.org/abs/1810.04805, heads as in modeling_bert.py

    def bert_shape(self):
        self.sizes(1e-12, "layer_norm_epsilon")
        self.metadata["tokenizer.ggml.token_type_count"] = 2
        self.add("token_embd", self.V, self.d)
        self.add("position_embd", self.context, self.d)
        self.add("token_types", 2, self.d)
        self.add("token_embd_norm", self.d, bias=True)
        for i in range(self.N):
            b = f"blk.{i}."
            for name, shape in (("attn_q", (self.d, self.d)), ("attn_k", (self.d, self.d)), ("attn_v", (self.d, self.d)), ("attn_output", (self.d, self.d)),
                                ("ffn_up", (self.f, self.d)), ("ffn_down", (self.d, self.f))):
                self.add(b + name, *shape, bias=self.biased)
            self.add(b + "attn_output_norm", self.d, bias=True)
            self.add(b + "layer_output_norm", self.d, bias=True)
        self.head("pooler", self.d, self.d)
        if self.objective == "classification":
            self.head("classifier", CLASSES, self.d)
        else:
            self.head("mask.dense", self.d, self.d)
            self.head("mask.norm", self.d)
            self.head_shapes["mask.decoder.bias"] = (self.V,)
            if not self.tied:
                self.head_shapes["mask.decoder.weight"] = (self.V, self.d)
            self.head("next_sentence", 2, self.d)

    def bert(self, example):
        T = len(example["tokens"])
        x = self.embed(example["tokens"]) + self.w["position_embd.weight"][:T] + F.embedding(torch.tensor(example["segments"]), self.w["token_types.weight"])
        x = self.layer_norm("token_embd_norm", x)
        for i in range(self.N):
            b = f"blk.{i}."
            q, k, v = (self.linear(b + "attn_" + letter, x) for letter in "qkv")
            x = self.layer_norm(b + "attn_output_norm", x + self.linear(b + "attn_output", self.attend(q, k, v, self.d_k ** -0.5)))
            x = self.layer_norm(b + "layer_output_norm", x + self.linear(b + "ffn_down", self.gelu(self.linear(b + "ffn_up", x))))
        return x

    # T5, https://arxiv.org/abs/1910.10683, gated as https://arxiv.org/abs/2002.05202

    def t5_shape(self):
        self.sizes(1e-6, "layer_norm_rms_epsilon")
        self.numbers(decoder_block_count=self.M, attention__key_length=self.d_k, attention__value_length=self.d_k, attention__relative_buckets_count=self.buckets)
        self.add("token_embd", self.V, self.d)
        for part, layers, attentions in (("enc", self.N, ["attn"]), ("dec", self.M, ["attn", "cross_attn"])):
            for i in range(layers):
                b = f"{part}.blk.{i}."
                for name in attentions:
                    self.add(f"{b}{name}_norm", self.d)
                    for letter in "qkv":
                        self.add(f"{b}{name}_{letter}", self.H * self.d_k, self.d)
                    self.add(f"{b}{name}_o", self.d, self.H * self.d_k)
                if i == 0:
                    self.add(b + "attn_rel_b", self.buckets, self.H)
                self.add(b + "ffn_norm", self.d)
                if self.gated:
                    self.add(b + "ffn_gate", self.f, self.d)
                self.add(b + "ffn_up", self.f, self.d)
                self.add(b + "ffn_down", self.d, self.f)
            self.add(part + ".output_norm", self.d)
        if not self.tied:
            self.add("output", self.V, self.d)

    def positions(self, part, T, bidirectional):
        away = torch.arange(T)[None, :] - torch.arange(T)[:, None]
        side = self.buckets // 2 if bidirectional else self.buckets
        offset = (away > 0).long() * side if bidirectional else 0
        away = away.abs() if bidirectional else (-away).clamp(min=0)
        near = side // 2
        far = near + (torch.log(away.clamp(min=1) / near) / math.log(128 / near) * (side - near)).long()
        return F.embedding(offset + torch.where(away < near, away, far.clamp(max=side - 1)), self.w[part + ".blk.0.attn_rel_b.weight"]).permute(2, 0, 1)

    def t5(self, example):
        def attend(name, x, source=None, **rule):
            a = self.rms_norm(name + "_norm", x)
            source = a if source is None else source
            return x + self.linear(name + "_o", self.attend(self.linear(name + "_q", a), self.linear(name + "_k", source), self.linear(name + "_v", source), 1, **rule))

        def feed_forward(b, x):
            a = self.rms_norm(b + "ffn_norm", x)
            up = self.linear(b + "ffn_up", a)
            return x + self.linear(b + "ffn_down", self.gelu(self.linear(b + "ffn_gate", a)) * up if self.gated else torch.relu(up))

        x = self.embed(example["source"])
        for i in range(self.N):
            b = f"enc.blk.{i}."
            x = feed_forward(b, attend(b + "attn", x, bias=self.positions("enc", len(x), True)))
        source, x = self.rms_norm("enc.output_norm", x), self.embed(example["tokens"])
        for i in range(self.M):
            b = f"dec.blk.{i}."
            x = attend(b + "attn", x, bias=self.positions("dec", len(x), False), causal=True)
            x = feed_forward(b, attend(b + "cross_attn", x, source))
        return self.rms_norm("dec.output_norm", x)

    # The Transformer, https://arxiv.org/abs/1706.03762

    def transformer_shape(self):
        self.sizes(1e-5, "layer_norm_epsilon")
        self.numbers(decoder_block_count=self.M)
        self.metadata["tokenizer.ggml.padding_token_id"] = 1
        self.add("token_embd", self.V, self.d)
        for part, layers, attentions in (("enc", self.N, ["attn"]), ("dec", self.M, ["attn", "cross_attn"])):
            for i in range(layers):
                b = f"{part}.blk.{i}."
                for name in attentions:
                    for letter in "qkvo":
                        self.add(f"{b}{name}_{letter}", self.d, self.d, bias=self.biased)
                    self.add(f"{b}{name}_output_norm", self.d, bias=True)
                self.add(b + "ffn_up", self.f, self.d, bias=self.biased)
                self.add(b + "ffn_down", self.d, self.f, bias=self.biased)
                self.add(b + "layer_output_norm", self.d, bias=True)
        if not self.tied:
            self.add("output", self.V, self.d)
        if R.random() < 0.5:
            self.shapes["output.bias"] = (self.V,)

    def transformer(self, example):
        padding = torch.tensor([-math.inf if token == 1 else 0.0 for token in example["source"]])

        def embed(tokens):
            place, column = torch.arange(len(tokens))[:, None].double(), torch.arange(self.d)[None, :]
            angle = place / 10000 ** (torch.div(column, 2, rounding_mode="floor") * 2 / self.d)
            return math.sqrt(self.d) * self.embed(tokens) + torch.where(column % 2 == 0, angle.sin(), angle.cos())

        def attend(name, x, source, **rule):
            a = self.attend(self.linear(name + "_q", x), self.linear(name + "_k", source), self.linear(name + "_v", source), self.d_k ** -0.5, **rule)
            return self.layer_norm(name + "_output_norm", x + self.linear(name + "_o", a))

        def feed_forward(b, x):
            return self.layer_norm(b + "layer_output_norm", x + self.linear(b + "ffn_down", torch.relu(self.linear(b + "ffn_up", x))))

        x = embed(example["source"])
        for i in range(self.N):
            b = f"enc.blk.{i}."
            x = feed_forward(b, attend(b + "attn", x, x, bias=padding))
        source, x = x, embed(example["tokens"])
        for i in range(self.M):
            b = f"dec.blk.{i}."
            x = attend(b + "attn", x, x, causal=True)
            x = feed_forward(b, attend(b + "cross_attn", x, source, bias=padding))
        return x

    # What is minimized.

    def loss(self):
        parts = {}

        def count(part, logits, targets):
            total, number = parts.get(part, (0, 0))
            parts[part] = total + F.cross_entropy(logits, torch.tensor(targets), reduction="sum"), number + sum(t != -100 for t in targets)

        for example in self.examples:
            rows = getattr(self, self.family)(example)
            if self.objective in ("causal", "seq2seq", "joint"):
                count("tokens", self.logits(rows), example["targets"])
            if self.objective == "bert":
                h = F.gelu(self.linear("mask.dense", rows))
                h = F.layer_norm(h, h.shape[-1:], self.w["mask.norm.weight"], self.w["mask.norm.bias"], 1e-12)
                count("masked", F.linear(h, self.w.get("mask.decoder.weight", self.w["token_embd.weight"]), self.w["mask.decoder.bias"]), example["targets"])
                count("next", self.linear("next_sentence", torch.tanh(self.linear("pooler", rows[:1]))), [example["next_sentence"]])
            if self.objective in ("classification", "joint"):
                count("class", self.linear("classifier", torch.tanh(self.linear("pooler", rows[:1])) if self.family == "bert" else rows[-1:]), [example["label"]])
        return sum((LAMBDA if self.objective == "joint" and part == "tokens" else 1) * total / number for part, (total, number) in parts.items())

    def learn(self):
        weights = list(self.w.values())
        groups = [{"params": [p for p in weights if p.dim() > 1], "weight_decay": 0.01}, {"params": [p for p in weights if p.dim() == 1], "weight_decay": 0.0}]
        optimizer = torch.optim.AdamW(groups, lr=0.001, betas=(0.9, 0.999), eps=1e-8)
        losses, gradients = [], {}
        for step in range(STEPS):
            optimizer.zero_grad()
            loss = self.loss()
            loss.backward()
            losses.append(loss.item())
            if step == 0:
                gradients = {name: self.describe(name, (torch.zeros_like(p) if p.grad is None else p.grad).reshape(-1)) for name, p in self.w.items()}
            torch.nn.utils.clip_grad_norm_(weights, 1.0)
            optimizer.step()
        return {"family": self.family, "objective": self.objective, "vocabulary": self.V, "context": self.context, "metadata": self.metadata, "tensors": self.shapes,
                "heads": self.head_shapes, "examples": self.examples, "losses": losses, "gradients": gradients}

    @staticmethod
    def describe(name, g):
        n = len(g)
        product = sum(fraction(name, i) * x for i, x in enumerate(g.tolist()))
        return [float(f"{x:.9g}") for x in [g.norm().item(), product] + [g[i].item() for i in (0, n // 3, 2 * n // 3, n - 1)]]


OBJECTIVES = {"llama": ["causal"], "gpt2": ["joint", "causal"], "bert": ["bert", "classification"], "t5": ["seq2seq"], "transformer": ["seq2seq"]}
print(json.dumps({
    "generator": f"shapes.py, PyTorch {torch.__version__}, Python {platform.python_version()}",
    "cases": [Case(family, objectives[i % len(objectives)]).learn() for family, objectives in OBJECTIVES.items() for i in range(COUNT)],
}, separators=(",", ":")))
