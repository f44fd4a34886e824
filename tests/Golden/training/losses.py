"""Golden numbers of whole models that learn: gradients of the first step and the losses of twenty, in PyTorch.

    python3 losses.py > losses.json

PyTorch in float64 on the CPU; nothing is taken from the engine. The weights are drawn by a formula that both sides have (`value`), and
rounded to float32; the engine computes in float32. Batches are drawn by `tokens`. AdamW with lr 0.01, betas 0.9 and 0.999, eps 1e-8, weight
decay 0.01 on matrices only; gradients are clipped to a norm of 1; the loss is the mean over all targets of a batch.
"""
import json
import math
import platform

import torch
import torch.nn.functional as F

torch.set_default_dtype(torch.float64)
V, d, N, H, G, f, T, B, STEPS = 300, 24, 2, 4, 2, 40, 20, 3, 20
S, BUCKETS = 14, 32  # of T5: tokens of a source, buckets of relative positions


def value(name, i, scale, offset):
    x = (i + 1) * 0.6180339887498949 + sum(map(ord, name)) * 0.1234567
    return offset + scale * (2 * (x - math.floor(x)) - 1)


def draw(name, *shape):
    is_gain = "norm" in name and name.endswith(".weight")
    scale, offset = (0.1, 1.0) if is_gain else (0.05, 0.0) if name.endswith(".bias") else (0.3, 0.0)
    flat = torch.tensor([value(name, i, scale, offset) for i in range(math.prod(shape))]).float().double()
    return name, flat.reshape(shape).requires_grad_()


def tokens(step):
    return torch.tensor([[(7 * step + 11 * b + 3 * t * t + 5 * t + (step * t) % 13) % V for t in range(T + 1)] for b in range(B)])


def llama_weights():
    kv = G * d // H
    yield draw("token_embd.weight", V, d)
    for i in range(N):
        yield draw(f"blk.{i}.attn_norm.weight", d)
        yield draw(f"blk.{i}.attn_q.weight", d, d)
        yield draw(f"blk.{i}.attn_k.weight", kv, d)
        yield draw(f"blk.{i}.attn_v.weight", kv, d)
        yield draw(f"blk.{i}.attn_output.weight", d, d)
        yield draw(f"blk.{i}.ffn_norm.weight", d)
        yield draw(f"blk.{i}.ffn_gate.weight", f, d)
        yield draw(f"blk.{i}.ffn_up.weight", f, d)
        yield draw(f"blk.{i}.ffn_down.weight", d, f)
    yield draw("output_norm.weight", d)
    yield draw("output.weight", V, d)


def gpt2_weights():
    yield draw("token_embd.weight", V, d)
    yield draw("position_embd.weight", T, d)
    for i in range(N):
        for name, shape in (("attn_norm", (d,)), ("attn_qkv", (3 * d, d)), ("attn_output", (d, d)), ("ffn_norm", (d,)), ("ffn_up", (f, d)), ("ffn_down", (d, f))):
            yield draw(f"blk.{i}.{name}.weight", *shape)
            yield draw(f"blk.{i}.{name}.bias", shape[0])
    yield draw("output_norm.weight", d)
    yield draw("output_norm.bias", d)


def t5_weights():
    yield draw("token_embd.weight", V, d)
    for part, attentions in (("enc", ("attn",)), ("dec", ("attn", "cross_attn"))):
        for i in range(N):
            b = f"{part}.blk.{i}."
            for name in attentions:
                yield draw(f"{b}{name}_norm.weight", d)
                for x in "qkvo":
                    yield draw(f"{b}{name}_{x}.weight", d, d)
            if i == 0:
                yield draw(b + "attn_rel_b.weight", BUCKETS, H)
            yield draw(b + "ffn_norm.weight", d)
            yield draw(b + "ffn_up.weight", f, d)
            yield draw(b + "ffn_down.weight", d, f)
        yield draw(part + ".output_norm.weight", d)
    yield draw("output.weight", V, d)


HIDDEN = torch.full((T, T), -math.inf).triu(1)


def attend(q, k, v):  # (B, heads, T, d_k)
    k, v = (x.repeat_interleave(q.shape[1] // x.shape[1], 1) for x in (k, v))
    p = torch.softmax(q @ k.transpose(-1, -2) / math.sqrt(q.shape[-1]) + HIDDEN, -1)
    return (p @ v).transpose(1, 2).reshape(B, T, d)


def heads(y, n):
    return y.view(B, T, n, -1).transpose(1, 2)


def llama(w, x, _):
    d_k = d // H
    angles = torch.outer(torch.arange(T).double(), 10000.0 ** (-torch.arange(0, d_k, 2).double() / d_k))
    norm = lambda x, gain: x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-5) * gain

    def turn(x):
        x0, x1 = x[..., 0::2], x[..., 1::2]
        return torch.stack((x0 * angles.cos() - x1 * angles.sin(), x1 * angles.cos() + x0 * angles.sin()), -1).flatten(-2)

    x = F.embedding(x, w["token_embd.weight"])
    for i in range(N):
        layer = lambda name: w[f"blk.{i}.{name}.weight"]
        a = norm(x, layer("attn_norm"))
        q, k, v = (heads(F.linear(a, layer(f"attn_{name}")), n) for name, n in (("q", H), ("k", G), ("v", G)))
        x = x + F.linear(attend(turn(q), turn(k), v), layer("attn_output"))
        a = norm(x, layer("ffn_norm"))
        x = x + F.linear(F.silu(F.linear(a, layer("ffn_gate"))) * F.linear(a, layer("ffn_up")), layer("ffn_down"))
    return F.linear(norm(x, w["output_norm.weight"]), w["output.weight"])


def gelu(x):
    return 0.5 * x * (1 + torch.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x ** 3)))


def gpt2(w, x, _):
    x = F.embedding(x, w["token_embd.weight"]) + w["position_embd.weight"]
    for i in range(N):
        layer = lambda name: (w[f"blk.{i}.{name}.weight"], w[f"blk.{i}.{name}.bias"])
        q, k, v = (heads(y, H) for y in F.linear(F.layer_norm(x, (d,), *layer("attn_norm"), 1e-5), *layer("attn_qkv")).split(d, -1))
        x = x + F.linear(attend(q, k, v), *layer("attn_output"))
        x = x + F.linear(gelu(F.linear(F.layer_norm(x, (d,), *layer("ffn_norm"), 1e-5), *layer("ffn_up"))), *layer("ffn_down"))
    return F.linear(F.layer_norm(x, (d,), w["output_norm.weight"], w["output_norm.bias"], 1e-5), w["token_embd.weight"])


def positions(table, n, bidirectional):  # (H, n, n), section 2.1 of https://arxiv.org/abs/1910.10683 and its authors' code
    distance = torch.arange(n)[None, :] - torch.arange(n)[:, None]
    side = BUCKETS // 2 if bidirectional else BUCKETS
    bucket = (distance > 0).long() * side if bidirectional else torch.zeros_like(distance)
    away = distance.abs() if bidirectional else (-distance).clamp(min=0)
    exact = side // 2
    far = exact + (torch.log(away.clamp(min=1) / exact) / math.log(128 / exact) * (side - exact)).long()
    return F.embedding(bucket + torch.where(away < exact, away, far.clamp(max=side - 1)), table).permute(2, 0, 1)


def t5(w, target, source):
    norm = lambda x, gain: x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-6) * gain
    split = lambda y: y.view(B, y.shape[1], H, -1).transpose(1, 2)

    def attend(name, x, memory, bias):
        q, k, v = (split(F.linear(y, w[f"{name}_{letter}.weight"])) for y, letter in ((x, "q"), (memory, "k"), (memory, "v")))
        return F.linear((torch.softmax(q @ k.transpose(-1, -2) + bias, -1) @ v).transpose(1, 2).reshape(x.shape), w[f"{name}_o.weight"])

    def stack(part, x, bias, memory=None):
        for i in range(N):
            b = f"{part}.blk.{i}."
            a = norm(x, w[b + "attn_norm.weight"])
            x = x + attend(b + "attn", a, a, bias)
            if memory is not None:
                x = x + attend(b + "cross_attn", norm(x, w[b + "cross_attn_norm.weight"]), memory, 0)
            x = x + F.linear(torch.relu(F.linear(norm(x, w[b + "ffn_norm.weight"]), w[b + "ffn_up.weight"])), w[b + "ffn_down.weight"])
        return norm(x, w[part + ".output_norm.weight"])

    embed = lambda x: F.embedding(x, w["token_embd.weight"])
    memory = stack("enc", embed(source), positions(w["enc.blk.0.attn_rel_b.weight"], S, True))
    return F.linear(stack("dec", embed(target), positions(w["dec.blk.0.attn_rel_b.weight"], T, False) + HIDDEN, memory), w["output.weight"])


def learn(weights, forward):
    w = dict(weights())
    groups = [{"params": [p for p in w.values() if p.dim() > 1], "weight_decay": 0.01}, {"params": [p for p in w.values() if p.dim() == 1], "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, lr=0.01, betas=(0.9, 0.999), eps=1e-8)
    losses, gradients = [], {}
    for step in range(STEPS):
        batch = tokens(step)
        optimizer.zero_grad()
        loss = F.cross_entropy(forward(w, batch[:, :-1], tokens(step + 100)[:, :S]).reshape(-1, V), batch[:, 1:].reshape(-1))
        loss.backward()
        losses.append(loss.item())
        if step == 0:
            # The norm of the whole and every 17th element.
            gradients = {name: {"norm": p.grad.norm().item(), "elements": p.grad.reshape(-1)[::17].tolist()} for name, p in w.items()}
        torch.nn.utils.clip_grad_norm_(list(w.values()), 1.0)
        optimizer.step()
    return {"losses": losses, "gradients": gradients}


print(json.dumps({
    "generator": f"losses.py, PyTorch {torch.__version__}, Python {platform.python_version()}",
    "llama": learn(llama_weights, llama),
    "gpt2": learn(gpt2_weights, gpt2),
    "t5": learn(t5_weights, t5),
}, indent=1))
