"""The judge of `Engine.Benchmarks training`: the same LLaMA in PyTorch, trained on the same batches.

    training_torch.py MODEL.gguf THREADS BATCH CONTEXT RATE    reads commands from standard input, a line each

`step FILE` reads int32 tokens (BATCH, CONTEXT + 1) from FILE, does one step of AdamW and answers "loss seconds processor-seconds".
It needs NumPy and PyTorch (1.13 or later). Pre-norm RMSNorm, rotary pairs that are neighbours (GGUF's order), grouped
queries, SwiGLU, an output matrix tied or not; the mean of the cross-entropy over all targets; gradients clipped at 1;
weight decay 0.01 on matrices.
"""
import struct
import sys
import time

import numpy as np
import torch
import torch.nn.functional as F


def read_gguf(path):
    """Metadata and F32 tensors by name, shapes in NumPy's order (GGUF v3, little-endian)."""
    data = open(path, "rb").read()
    at = 4

    def take(form):
        nonlocal at
        value = struct.unpack_from("<" + form, data, at)[0]
        at += struct.calcsize("<" + form)
        return value

    def text():
        nonlocal at
        n = take("Q")
        at += n
        return data[at - n:at].decode("utf-8", "replace")

    def value(kind):
        if kind == 8:
            return text()
        if kind == 9:
            inner, n = take("I"), take("Q")
            return [value(inner) for _ in range(n)]
        return take({0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}[kind])

    assert data[:4] == b"GGUF", f"{path}: expected GGUF"
    assert take("I") == 3, f"{path}: expected version 3"
    tensors, pairs = take("Q"), take("Q")
    metadata = {}
    for _ in range(pairs):
        key = text()
        metadata[key] = value(take("I"))
    infos = []
    for _ in range(tensors):
        name = text()
        shape = [take("Q") for _ in range(take("I"))]
        kind, offset = take("I"), take("Q")
        assert kind == 0, f"{path}: tensor {name}: expected F32"
        infos.append((name, shape, offset))
    alignment = metadata.get("general.alignment", 32)
    start = (at + alignment - 1) // alignment * alignment
    return metadata, {
        name: np.frombuffer(data, "<f4", int(np.prod(shape)), start + offset).reshape(shape[::-1]).copy()
        for name, shape, offset in infos
    }


class Llama(torch.nn.Module):
    def __init__(self, metadata, tensors, context):
        super().__init__()
        key = lambda name: metadata["llama." + name]
        self.N, self.H, self.G = key("block_count"), key("attention.head_count"), key("attention.head_count_kv")
        self.epsilon = key("attention.layer_norm_rms_epsilon")
        self.names = list(tensors)
        self.w = torch.nn.ParameterList([torch.nn.Parameter(torch.from_numpy(v)) for v in tensors.values()])
        d_k = key("embedding_length") // self.H
        angles = torch.outer(torch.arange(context).double(), key("rope.freq_base") ** (-torch.arange(0, d_k, 2).double() / d_k))
        self.register_buffer("cos", angles.cos().float())
        self.register_buffer("sin", angles.sin().float())
        self.register_buffer("hidden", torch.full((context, context), float("-inf")).triu(1))

    def norm(self, x, gain):
        return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + self.epsilon) * gain

    def turn(self, x):  # (B, heads, T, d_k)
        x0, x1 = x[..., 0::2], x[..., 1::2]
        return torch.stack((x0 * self.cos - x1 * self.sin, x1 * self.cos + x0 * self.sin), -1).flatten(-2)

    def forward(self, tokens):
        w = dict(zip(self.names, self.w))
        B, T = tokens.shape
        x = F.embedding(tokens, w["token_embd.weight"])
        for i in range(self.N):
            layer = lambda name: w[f"blk.{i}.{name}.weight"]
            a = self.norm(x, layer("attn_norm"))
            heads = lambda y, n: y.view(B, T, n, -1).transpose(1, 2)
            q = self.turn(heads(F.linear(a, layer("attn_q")), self.H))
            k = self.turn(heads(F.linear(a, layer("attn_k")), self.G)).repeat_interleave(self.H // self.G, 1)
            v = heads(F.linear(a, layer("attn_v")), self.G).repeat_interleave(self.H // self.G, 1)
            p = torch.softmax(q @ k.transpose(-1, -2) * q.shape[-1] ** -0.5 + self.hidden, -1)
            x = x + F.linear((p @ v).transpose(1, 2).reshape(B, T, -1), layer("attn_output"))
            f = self.norm(x, layer("ffn_norm"))
            x = x + F.linear(F.silu(F.linear(f, layer("ffn_gate"))) * F.linear(f, layer("ffn_up")), layer("ffn_down"))
        return F.linear(self.norm(x, w["output_norm.weight"]), w.get("output.weight", w["token_embd.weight"]))


def main():
    path, threads, batch, context, rate = sys.argv[1], *map(int, sys.argv[2:5]), float(sys.argv[5])
    torch.set_num_threads(threads)
    model = Llama(*read_gguf(path), context)
    matrices, vectors = [p for p in model.w if p.dim() > 1], [p for p in model.w if p.dim() == 1]
    optimizer = torch.optim.AdamW(
        [{"params": matrices, "weight_decay": 0.01}, {"params": vectors, "weight_decay": 0.0}], lr=rate, betas=(0.9, 0.999), eps=1e-8)
    print("ready", flush=True)
    for line in sys.stdin:
        tokens = torch.from_numpy(np.fromfile(line.split(None, 1)[1].strip(), "<i4").astype(np.int64).reshape(batch, context + 1))
        begin, cpu = time.perf_counter(), time.process_time()
        optimizer.zero_grad(set_to_none=True)
        logits = model(tokens[:, :-1])
        loss = F.cross_entropy(logits.reshape(-1, logits.shape[-1]), tokens[:, 1:].reshape(-1))
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.w, 1.0)
        optimizer.step()
        print(f"{loss.item():.8f} {time.perf_counter() - begin:.6f} {time.process_time() - cpu:.6f}", flush=True)


main()
