"""Golden numbers of the engine's default model: a LLaMA in float64, of NumPy and struct alone.

    python3 generate.py ../../../models/llama-stories-f32.gguf > golden.json

Nothing here is taken from the engine, nor from llama.cpp: the file is parsed from the GGUF
specification (ggml's docs/gguf.md), the forward pass follows the papers:
    LLaMA        https://arxiv.org/abs/2302.13971
    RMSNorm      https://arxiv.org/abs/1910.07467
    RoPE         https://arxiv.org/abs/2104.09864 (pairs of neighbours, as in the paper)
    SwiGLU       https://arxiv.org/abs/2002.05202
    grouped K/V  https://arxiv.org/abs/2305.13245
Letters: T tokens, d embedding, H heads, K key-value heads, h head size, V vocabulary.
"""
import hashlib
import json
import platform
import struct
import sys

import numpy as np

SEED = 20261122
SCALARS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}


def read_gguf(data):
    """Metadata and tensors, the latter in float64 with the slowest axis first."""
    position = 0

    def take(form):
        nonlocal position
        value = struct.unpack_from("<" + form, data, position)[0]
        position += struct.calcsize("<" + form)
        return value

    def string():
        nonlocal position
        length = take("Q")
        position += length
        return data[position - length:position].decode()

    def value(kind):
        if kind == 8:
            return string()
        if kind == 9:
            element, count = take("I"), take("Q")
            return [value(element) for _ in range(count)]
        return take(SCALARS[kind])

    assert take("I") == 0x46554747 and take("I") == 3
    tensor_count, entry_count = take("Q"), take("Q")
    metadata = {}
    for _ in range(entry_count):
        key = string()
        metadata[key] = value(take("I"))
    records = []
    for _ in range(tensor_count):
        name = string()
        shape = [take("q") for _ in range(take("I"))]
        kind, offset = take("I"), take("Q")
        assert kind == 0, "take the default model in F32"
        records.append((name, shape, offset))
    start = -(-position // 32) * 32
    tensors = {
        name: np.frombuffer(data, "<f4", int(np.prod(shape)), start + offset).reshape(shape[::-1]).astype(np.float64)
        for name, shape, offset in records
    }
    return metadata, tensors


def rms_norm(x, gain, eps):  # (T, d)
    return x / np.sqrt((x * x).mean(-1, keepdims=True) + eps) * gain


def rotate(x, base):  # (T, heads, h); position t turns the pair (2i, 2i+1) by t * base^(-2i/h)
    T, _, h = x.shape
    angle = np.arange(T)[:, None] * base ** (-np.arange(0, h, 2) / h)  # (T, h/2)
    cos, sin = np.cos(angle)[:, None], np.sin(angle)[:, None]
    turned = np.empty_like(x)
    turned[..., 0::2] = x[..., 0::2] * cos - x[..., 1::2] * sin
    turned[..., 1::2] = x[..., 0::2] * sin + x[..., 1::2] * cos
    return turned


def softmax(x):
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def forward(metadata, w, tokens):
    """Logits (T, V) and the RMS of each layer's output."""
    m = lambda key: metadata["llama." + key]
    H, K, eps = m("attention.head_count"), m("attention.head_count_kv"), m("attention.layer_norm_rms_epsilon")
    x = w["token_embd.weight"][tokens]  # (T, d)
    T, d = x.shape
    h = d // H
    rms = []
    for i in range(m("block_count")):
        b = lambda name: w[f"blk.{i}.{name}.weight"]
        n = rms_norm(x, b("attn_norm"), eps)
        q = rotate((n @ b("attn_q").T).reshape(T, H, h), m("rope.freq_base"))
        k = rotate((n @ b("attn_k").T).reshape(T, K, h), m("rope.freq_base"))
        v = (n @ b("attn_v").T).reshape(T, K, h)
        k, v = np.repeat(k, H // K, 1), np.repeat(v, H // K, 1)
        scores = np.einsum("thc,shc->hts", q, k) / np.sqrt(h)
        scores = np.where(np.tri(T, dtype=bool), scores, -np.inf)
        x = x + np.einsum("hts,shc->thc", softmax(scores), v).reshape(T, d) @ b("attn_output").T
        n = rms_norm(x, b("ffn_norm"), eps)
        gate = n @ b("ffn_gate").T
        x = x + (gate / (1 + np.exp(-gate)) * (n @ b("ffn_up").T)) @ b("ffn_down").T
        rms.append(float(np.sqrt((x * x).mean())))
    head = w.get("output.weight", w["token_embd.weight"])  # tied where the file has none
    return rms_norm(x, w["output_norm.weight"], eps) @ head.T, rms


def greedy(metadata, w, tokens, count):
    tokens = list(tokens)
    for _ in range(count):
        tokens.append(int(forward(metadata, w, tokens)[0][-1].argmax()))
    return tokens


def main(path):
    data = open(path, "rb").read()
    metadata, w = read_gguf(data)
    V = len(metadata["tokenizer.ggml.tokens"])
    random = np.random.default_rng(SEED)
    start = metadata["tokenizer.ggml.bos_token_id"]
    sequences = {
        "one token": [start],
        "eight tokens": [start] + random.integers(0, V, 7).tolist(),
        "a greedy continuation": greedy(metadata, w, [start], 40),
        "two hundred tokens": [start] + random.integers(0, V, 199).tolist(),
    }
    golden = {
        "source": "float64 NumPy forward of the default model, generate.py",
        "made_with": {"python": platform.python_version(), "numpy": np.__version__},
        "seed": SEED,
        "model_sha256": hashlib.sha256(data).hexdigest(),
        "sequences": [],
    }
    for name, tokens in sequences.items():
        logits, rms = forward(metadata, w, tokens)
        rows = sorted({0, len(tokens) // 2, len(tokens) - 1})
        golden["sequences"].append({
            "name": name,
            "tokens": tokens,
            "layer_rms": rms,
            "argmax": logits.argmax(-1).tolist(),
            "logit_rms": [float(np.sqrt((row * row).mean())) for row in logits],
            "logits": [{"position": p, "values": [round(float(value), 9) for value in logits[p]]} for p in rows],
        })
    json.dump(golden, sys.stdout)
    sys.stdout.write("\n")


if __name__ == "__main__":
    main(sys.argv[1])
