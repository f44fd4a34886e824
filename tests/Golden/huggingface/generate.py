"""Golden numbers of checkpoints as Hugging Face hands them out, by PyTorch in float64.

    python3 generate.py > huggingface.json

Each case is a config.json, the names and shapes of the tensors, and what a forward pass written from the papers and the published
meanings of the configuration's fields says of some tokens; nothing is taken from the engine. The weights are not in the file: element i of a
tensor follows from its name (value(), below), and the tests write the safetensors files by the same rule.
"""
import json
import math
import sys

import numpy as np
import torch
import torch.nn.functional as F

torch.set_default_dtype(torch.float64)


def value(name, count):
    """Multiples of 2^-23 in [-1, 1): splitmix64 of FNV-1a of the name."""
    seed = 0xCBF29CE484222325
    for byte in name.encode():
        seed = (seed ^ byte) * 0x100000001B3 & 0xFFFFFFFFFFFFFFFF
    with np.errstate(over="ignore"):
        z = np.uint64(seed) + (np.arange(1, count + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15))
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z = z ^ (z >> np.uint64(31))
    return (z >> np.uint64(40)).astype(np.float64) / (1 << 23) - 1


def is_gain(name):
    return "norm" in name.lower() or ".ln_" in name


def tensor(name, shape, dtype):
    v = value(name, math.prod(shape))
    if is_gain(name) and name.endswith("weight"):
        v = 1 + 0.25 * v
    elif len(shape) == 1:
        v = 0.25 * v
    elif "embed" in name or "wte" in name or "wpe" in name or name == "shared.weight":
        v = 0.5 * v
    elif "relative_attention_bias" not in name:
        v = 0.375 * v
    v = v.astype(np.float32)
    if dtype == "F16":
        v = v.astype(np.float16)
    elif dtype == "BF16":
        bits = v.view(np.uint32).astype(np.uint64)
        v = ((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16 << 16).astype(np.uint32).view(np.float32)
    elif dtype.startswith("F8"):
        v = eight_bits(v, dtype)
    return torch.tensor(v.astype(np.float64)).reshape(shape)


def eight_bits(v, dtype):
    """The nearest number of the format towards zero."""
    exponent_bits, fraction = (4, 3) if dtype == "F8_E4M3" else (5, 2)
    least = 1 - (2 ** (exponent_bits - 1) - 1)
    exponent = np.maximum(np.floor(np.log2(np.maximum(np.abs(v), 1e-30))), least)
    step = 2.0 ** (exponent - fraction)
    return np.sign(v) * np.floor(np.abs(v) / step) * step


def rms_norm(x, g, epsilon):
    return x / torch.sqrt((x * x).mean(-1, keepdim=True) + epsilon) * g


def attend(q, k, v, heads, groups, scale, causal, bias=None, window=None, cap=None):
    T, n = q.shape[0], k.shape[0]
    q = q.reshape(T, heads, -1).transpose(0, 1)
    k = k.reshape(n, groups, -1).transpose(0, 1).repeat_interleave(heads // groups, 0)
    v = v.reshape(n, groups, -1).transpose(0, 1).repeat_interleave(heads // groups, 0)
    scores = q @ k.transpose(1, 2) * scale
    if cap:
        scores = cap * torch.tanh(scores / cap)
    if bias is not None:
        scores = scores + bias
    if causal:
        scores = scores.masked_fill(torch.ones(T, n, dtype=torch.bool).triu(1), -math.inf)
    if window:
        scores = scores.masked_fill(torch.ones(T, n, dtype=torch.bool).tril(-window), -math.inf)
    return (scores.softmax(-1) @ v).transpose(0, 1).reshape(T, -1)


def frequencies(config, d_k, T):
    scaling = config.get("rope_scaling") or config.get("rope_parameters") or {}
    base = config.get("rope_theta", scaling.get("rope_theta", 10000.0))
    own = base ** (-torch.arange(0, d_k, 2) / d_k)
    kind = scaling.get("rope_type", scaling.get("type", "default"))
    if kind == "linear":
        return own / scaling["factor"], 1.0
    if kind == "llama3":
        factor, low, high, context = (scaling[key] for key in ("factor", "low_freq_factor", "high_freq_factor", "original_max_position_embeddings"))
        wave = 2 * math.pi / own
        smooth = (context / wave - low) / (high - low)
        mixed = (1 - smooth) * own / factor + smooth * own
        return torch.where(wave < context / high, own, torch.where(wave > context / low, own / factor, mixed)), 1.0
    if kind == "yarn":
        factor, context = scaling["factor"], scaling.get("original_max_position_embeddings", config["max_position_embeddings"])
        def pair(turns):
            return d_k * math.log(context / (turns * 2 * math.pi)) / (2 * math.log(base))
        low, high = max(math.floor(pair(32)), 0), min(math.ceil(pair(1)), d_k - 1)
        ramp = ((torch.arange(d_k // 2) - low) / max(high - low, 0.001)).clamp(0, 1)
        return own / factor * ramp + own * (1 - ramp), scaling.get("attention_factor", 0.1 * math.log(factor) + 1)
    if kind in ("longrope", "su"):
        context = config.get("original_max_position_embeddings") or scaling["original_max_position_embeddings"]
        factors = torch.tensor(scaling["long_factor" if T > context else "short_factor"])
        stretch = config["max_position_embeddings"] / context
        return own / factors, scaling.get("attention_factor") or (math.sqrt(1 + math.log(stretch) / math.log(context)) if stretch > 1 else 1.0)
    return own, 1.0


def turn(x, heads, d_k, config):
    scaling = config.get("rope_scaling") or config.get("rope_parameters") or {}
    r = int(d_k * (config.get("partial_rotary_factor") or scaling.get("partial_rotary_factor", 1.0)))
    own, magnitude = frequencies(config, r, x.shape[0])
    angle = torch.arange(x.shape[0])[:, None] * own
    cos, sin = (torch.cat([f(angle), f(angle)], -1)[:, None, :] * magnitude for f in (torch.cos, torch.sin))
    x = x.reshape(x.shape[0], heads, d_k)
    x, rest = x[..., :r], x[..., r:]
    half = torch.cat([-x[..., r // 2:], x[..., :r // 2]], -1)
    return torch.cat([x * cos + half * sin, rest], -1).reshape(len(x), -1)


def experts(w, block, names, count, used, x):
    """Of the most probable experts of each token, by their probabilities over the sum of these."""
    p, chosen = (x @ w[block + "gate.weight"].T).softmax(-1).topk(used, -1)
    p = p / p.sum(-1, keepdim=True)
    rows = []
    for t in range(len(x)):
        y = 0
        for weight, j in zip(p[t], chosen[t].tolist()):
            gate, up, down = (w[f"{block}experts.{j}.{name}.weight"] for name in names)
            y = y + weight * (down @ (F.silu(gate @ x[t]) * (up @ x[t])))
        rows.append(y)
    return torch.stack(rows)


def llama(c, w, tokens):
    H, G = c["num_attention_heads"], c["num_key_value_heads"]
    d_k = c.get("head_dim", c["hidden_size"] // H)
    def linear(name, x):
        return F.linear(x, w[name + ".weight"], w.get(name + ".bias"))
    x = w["model.embed_tokens.weight"][tokens]
    for i in range(c["num_hidden_layers"]):
        L = f"model.layers.{i}."
        h = rms_norm(x, w[L + "input_layernorm.weight"], c["rms_norm_eps"])
        q, k, v = (linear(f"{L}self_attn.{n}_proj", h) for n in "qkv")
        if L + "self_attn.q_norm.weight" in w:
            q, k = (rms_norm(x_.reshape(len(tokens), -1, d_k), w[f"{L}self_attn.{n}_norm.weight"], c["rms_norm_eps"]).reshape(len(tokens), -1) for x_, n in ((q, "q"), (k, "k")))
        a = attend(turn(q, H, d_k, c), turn(k, G, d_k, c), v, H, G, d_k ** -0.5, True)
        x = x + linear(L + "self_attn.o_proj", a)
        h = rms_norm(x, w[L + "post_attention_layernorm.weight"], c["rms_norm_eps"])
        if c["model_type"] == "mixtral":
            x = x + experts(w, L + "block_sparse_moe.", ("w1", "w3", "w2"), c["num_local_experts"], c["num_experts_per_tok"], h)
        elif c["model_type"] == "qwen3_moe":
            x = x + experts(w, L + "mlp.", ("gate_proj", "up_proj", "down_proj"), c["num_experts"], c["num_experts_per_tok"], h)
        else:
            x = x + linear(L + "mlp.down_proj", F.silu(linear(L + "mlp.gate_proj", h)) * linear(L + "mlp.up_proj", h))
    head = w["model.embed_tokens.weight"] if c.get("tie_word_embeddings") else w["lm_head.weight"]
    return dict(logits=rms_norm(x, w["model.norm.weight"], c["rms_norm_eps"]) @ head.T)


def llama_tensors(c):
    d, f, H, V = c["hidden_size"], c["intermediate_size"], c["num_attention_heads"], c["vocab_size"]
    d_k = c.get("head_dim", d // H)
    q, kv = H * d_k, c["num_key_value_heads"] * d_k
    t = {"model.embed_tokens.weight": (V, d), "model.norm.weight": (d,)}
    for i in range(c["num_hidden_layers"]):
        L = f"model.layers.{i}."
        t |= {L + "input_layernorm.weight": (d,), L + "post_attention_layernorm.weight": (d,)}
        for name, out, into, bias in (("self_attn.q_proj", q, d, "attention_bias"), ("self_attn.k_proj", kv, d, "attention_bias"), ("self_attn.v_proj", kv, d, "attention_bias"),
                                      ("self_attn.o_proj", d, q, "attention_bias"), ("mlp.gate_proj", f, d, "mlp_bias"), ("mlp.up_proj", f, d, "mlp_bias"), ("mlp.down_proj", d, f, "mlp_bias")):
            t[f"{L}{name}.weight"] = (out, into)
            if c.get(bias) or c["model_type"] == "qwen2" and name[-6:] in ("q_proj", "k_proj", "v_proj"):
                t[f"{L}{name}.bias"] = (out,)
        if c["model_type"] in ("mixtral", "qwen3_moe"):
            for name in [name for name in t if name.startswith(L + "mlp.")]:
                del t[name]
            block, names, count, f_e = (L + "block_sparse_moe.", ("w1", "w3", "w2"), c["num_local_experts"], f) if c["model_type"] == "mixtral" else \
                (L + "mlp.", ("gate_proj", "up_proj", "down_proj"), c["num_experts"], c["moe_intermediate_size"])
            t[block + "gate.weight"] = (count, d)
            for j in range(count):
                t |= {f"{block}experts.{j}.{names[0]}.weight": (f_e, d), f"{block}experts.{j}.{names[1]}.weight": (f_e, d), f"{block}experts.{j}.{names[2]}.weight": (d, f_e)}
        if c["model_type"] in ("qwen3", "qwen3_moe"):
            t |= {L + "self_attn.q_norm.weight": (d_k,), L + "self_attn.k_norm.weight": (d_k,)}
    if not c.get("tie_word_embeddings"):
        t["lm_head.weight"] = (V, d)
    return t


def gemma(config, w, tokens):
    """Gemma 2 (arXiv 2408.00118) and 3 (2503.19786): norms multiply by 1 + w, before and after each block; embeddings enter times the root of d."""
    c = config.get("text_config", config)
    p = next(name[:-len("embed_tokens.weight")] for name in w if name.endswith("embed_tokens.weight"))
    T, H, G, d_k, third = len(tokens), c["num_attention_heads"], c["num_key_value_heads"], c["head_dim"], c["model_type"] == "gemma3_text"
    def linear(name, x):
        return x @ w[name + ".weight"].T
    def norm(name, x):
        return rms_norm(x, 1 + w[name + ".weight"], c["rms_norm_eps"])
    period = c.get("sliding_window_pattern", 6) if third else 2
    kinds = c.get("layer_types") or ["full_attention" if (i + 1) % period == 0 else "sliding_attention" for i in range(c["num_hidden_layers"])]
    if "rope_parameters" in c:
        turns = c["rope_parameters"]
    elif third:
        turns = dict(full_attention=dict(rope_theta=c["rope_theta"], rope_scaling=c.get("rope_scaling")), sliding_attention=dict(rope_theta=c["rope_local_base_freq"]))
    else:
        turns = dict(full_attention=c, sliding_attention=c)
    turns = {kind: turn if "rope_scaling" in turn or "rope_type" not in turn else dict(rope_parameters=turn) for kind, turn in turns.items()}
    x = w[p + "embed_tokens.weight"][tokens] * math.sqrt(c["hidden_size"])
    for i, kind in enumerate(kinds):
        L = f"{p}layers.{i}."
        h = norm(L + "input_layernorm", x)
        q, k, v = (linear(f"{L}self_attn.{n}_proj", h) for n in "qkv")
        if third:
            q, k = (norm(f"{L}self_attn.{n}_norm", x_.reshape(T, -1, d_k)).reshape(T, -1) for x_, n in ((q, "q"), (k, "k")))
        a = attend(turn(q, H, d_k, turns[kind]), turn(k, G, d_k, turns[kind]), v, H, G, c["query_pre_attn_scalar"] ** -0.5, True,
                   window=c["sliding_window"] if kind == "sliding_attention" else None, cap=c.get("attn_logit_softcapping"))
        x = x + norm(L + "post_attention_layernorm", linear(L + "self_attn.o_proj", a))
        h = norm(L + "pre_feedforward_layernorm", x)
        x = x + norm(L + "post_feedforward_layernorm", linear(L + "mlp.down_proj", F.gelu(linear(L + "mlp.gate_proj", h), approximate="tanh") * linear(L + "mlp.up_proj", h)))
    z = norm(p + "norm", x) @ (w["lm_head.weight"] if "lm_head.weight" in w else w[p + "embed_tokens.weight"]).T
    cap = c.get("final_logit_softcapping")
    return dict(logits=cap * torch.tanh(z / cap) if cap else z)


def gemma_tensors(config, prefix="model."):
    c = config.get("text_config", config)
    d, f, d_k = c["hidden_size"], c["intermediate_size"], c["head_dim"]
    q, kv = c["num_attention_heads"] * d_k, c["num_key_value_heads"] * d_k
    t = {prefix + "embed_tokens.weight": (c["vocab_size"], d), prefix + "norm.weight": (d,)}
    for i in range(c["num_hidden_layers"]):
        L = f"{prefix}layers.{i}."
        t |= {f"{L}{name}_layernorm.weight": (d,) for name in ("input", "post_attention", "pre_feedforward", "post_feedforward")}
        t |= {L + "self_attn.q_proj.weight": (q, d), L + "self_attn.k_proj.weight": (kv, d), L + "self_attn.v_proj.weight": (kv, d), L + "self_attn.o_proj.weight": (d, q),
              L + "mlp.gate_proj.weight": (f, d), L + "mlp.up_proj.weight": (f, d), L + "mlp.down_proj.weight": (d, f)}
        if c["model_type"] == "gemma3_text":
            t |= {L + "self_attn.q_norm.weight": (d_k,), L + "self_attn.k_norm.weight": (d_k,)}
    return t if c.get("tie_word_embeddings", True) else t | {"lm_head.weight": (c["vocab_size"], d)}


def phi3(c, w, tokens):
    """Phi-3 (arXiv 2404.14219): queries, keys and values are one weight, gate and up another."""
    H, G, d, f = c["num_attention_heads"], c["num_key_value_heads"], c["hidden_size"], c["intermediate_size"]
    d_k = d // H
    x = w["model.embed_tokens.weight"][tokens]
    for i in range(c["num_hidden_layers"]):
        L = f"model.layers.{i}."
        q, k, v = (rms_norm(x, w[L + "input_layernorm.weight"], c["rms_norm_eps"]) @ w[L + "self_attn.qkv_proj.weight"].T).split([H * d_k, G * d_k, G * d_k], -1)
        x = x + attend(turn(q, H, d_k, c), turn(k, G, d_k, c), v, H, G, d_k ** -0.5, True, window=c.get("sliding_window")) @ w[L + "self_attn.o_proj.weight"].T
        gate, up = (rms_norm(x, w[L + "post_attention_layernorm.weight"], c["rms_norm_eps"]) @ w[L + "mlp.gate_up_proj.weight"].T).split(f, -1)
        x = x + (F.silu(gate) * up) @ w[L + "mlp.down_proj.weight"].T
    head = w["model.embed_tokens.weight"] if c["tie_word_embeddings"] else w["lm_head.weight"]
    return dict(logits=rms_norm(x, w["model.norm.weight"], c["rms_norm_eps"]) @ head.T)


def phi3_tensors(c):
    d, f, H, G = c["hidden_size"], c["intermediate_size"], c["num_attention_heads"], c["num_key_value_heads"]
    t = {"model.embed_tokens.weight": (c["vocab_size"], d), "model.norm.weight": (d,)}
    for i in range(c["num_hidden_layers"]):
        L = f"model.layers.{i}."
        t |= {L + "input_layernorm.weight": (d,), L + "post_attention_layernorm.weight": (d,), L + "self_attn.qkv_proj.weight": ((H + 2 * G) * (d // H), d),
              L + "self_attn.o_proj.weight": (d, d), L + "mlp.gate_up_proj.weight": (2 * f, d), L + "mlp.down_proj.weight": (d, f)}
    return t if c["tie_word_embeddings"] else t | {"lm_head.weight": (c["vocab_size"], d)}


def gpt2(c, w, tokens):
    H, d, p = c["n_head"], c["n_embd"], "transformer." if "transformer.wte.weight" in w else ""
    def norm(name, x):
        return F.layer_norm(x, (d,), w[name + ".weight"], w[name + ".bias"], c["layer_norm_epsilon"])
    def conv(name, x):
        return x @ w[name + ".weight"] + w[name + ".bias"]
    x = w[p + "wte.weight"][tokens] + w[p + "wpe.weight"][:len(tokens)]
    for i in range(c["n_layer"]):
        L = f"{p}h.{i}."
        q, k, v = conv(L + "attn.c_attn", norm(L + "ln_1", x)).split(d, -1)
        x = x + conv(L + "attn.c_proj", attend(q, k, v, H, H, (d // H) ** -0.5, True))
        x = x + conv(L + "mlp.c_proj", F.gelu(conv(L + "mlp.c_fc", norm(L + "ln_2", x)), approximate="tanh"))
    head = w[p + "wte.weight"] if c.get("tie_word_embeddings", True) else w["lm_head.weight"]
    return dict(logits=norm(p + "ln_f", x) @ head.T)


def gpt2_tensors(c, prefix):
    d, V, f = c["n_embd"], c["vocab_size"], c.get("n_inner") or 4 * c["n_embd"]
    t = {"wte.weight": (V, d), "wpe.weight": (c["n_positions"], d), "ln_f.weight": (d,), "ln_f.bias": (d,)}
    for i in range(c["n_layer"]):
        L = f"h.{i}."
        t |= {L + "ln_1.weight": (d,), L + "ln_1.bias": (d,), L + "ln_2.weight": (d,), L + "ln_2.bias": (d,)}
        for name, into, out in (("attn.c_attn", d, 3 * d), ("attn.c_proj", d, d), ("mlp.c_fc", d, f), ("mlp.c_proj", f, d)):
            t |= {f"{L}{name}.weight": (into, out), f"{L}{name}.bias": (out,)}
    t = {prefix + name: shape for name, shape in t.items()}
    return t if c.get("tie_word_embeddings", True) else t | {"lm_head.weight": (V, d)}


def bert(c, w, tokens):
    p = "bert." if "bert.embeddings.word_embeddings.weight" in w else ""
    H, d = c["num_attention_heads"], c["hidden_size"]
    def affine(name, x):
        return F.linear(x, w[name + ".weight"], w[name + ".bias"])
    def norm(name, x):
        return F.layer_norm(x, (d,), w[name + ".weight"], w[name + ".bias"], c["layer_norm_eps"])
    def run(approximate):
        E = p + "embeddings."
        x = norm(E + "LayerNorm", w[E + "word_embeddings.weight"][tokens] + w[E + "position_embeddings.weight"][:len(tokens)] + w[E + "token_type_embeddings.weight"][0])
        for i in range(c["num_hidden_layers"]):
            L = f"{p}encoder.layer.{i}."
            q, k, v = (affine(f"{L}attention.self.{n}", x) for n in ("query", "key", "value"))
            x = norm(L + "attention.output.LayerNorm", affine(L + "attention.output.dense", attend(q, k, v, H, H, (d // H) ** -0.5, False)) + x)
            x = norm(L + "output.LayerNorm", affine(L + "output.dense", F.gelu(affine(L + "intermediate.dense", x), approximate=approximate)) + x)
        return x
    trained = run("none" if c["hidden_act"] == "gelu" else "tanh")
    found = dict(rows=trained, rows_tanh=run("tanh"))
    if "classifier.weight" in w:
        found["scores"] = affine("classifier", torch.tanh(affine(p + "pooler.dense", run("tanh")[:1])))
    return found


def bert_tensors(c, prefix, classes=0):
    d, f = c["hidden_size"], c["intermediate_size"]
    E = "embeddings."
    t = {E + "word_embeddings.weight": (c["vocab_size"], d), E + "position_embeddings.weight": (c["max_position_embeddings"], d),
         E + "token_type_embeddings.weight": (c["type_vocab_size"], d), E + "LayerNorm.weight": (d,), E + "LayerNorm.bias": (d,)}
    for i in range(c["num_hidden_layers"]):
        L = f"encoder.layer.{i}."
        for name, out, into in (("attention.self.query", d, d), ("attention.self.key", d, d), ("attention.self.value", d, d),
                                ("attention.output.dense", d, d), ("intermediate.dense", f, d), ("output.dense", d, f)):
            t |= {f"{L}{name}.weight": (out, into), f"{L}{name}.bias": (out,)}
        for name in ("attention.output.LayerNorm", "output.LayerNorm"):
            t |= {f"{L}{name}.weight": (d,), f"{L}{name}.bias": (d,)}
    t |= {"pooler.dense.weight": (d, d), "pooler.dense.bias": (d,)}
    t = {prefix + name: shape for name, shape in t.items()}
    return t | ({"classifier.weight": (classes, d), "classifier.bias": (classes,)} if classes else {})


def t5(c, w, tokens, source):
    H, d = c["num_heads"], c["d_model"]
    def bucket(distance, bidirectional):
        buckets, exact = c["relative_attention_num_buckets"], 0
        result = 0
        if bidirectional:
            buckets //= 2
            result = buckets if distance > 0 else 0
            distance = abs(distance)
        else:
            distance = max(-distance, 0)
        exact = buckets // 2
        if distance < exact:
            return result + distance
        return result + min(exact + int(math.log(distance / exact) / math.log(128 / exact) * (buckets - exact)), buckets - 1)
    def bias(part, T, bidirectional):
        B = w[f"{part}.block.0.layer.0.SelfAttention.relative_attention_bias.weight"]
        return torch.stack([torch.stack([B[bucket(j - t, bidirectional)] for j in range(T)]) for t in range(T)]).permute(2, 0, 1)
    def attention(L, name, x, seen, causal, b):
        h = rms_norm(x, w[L + "layer_norm.weight"], c["layer_norm_epsilon"])
        n = h if seen is None else seen
        q, k, v = h @ w[f"{L}{name}.q.weight"].T, n @ w[f"{L}{name}.k.weight"].T, n @ w[f"{L}{name}.v.weight"].T
        return x + attend(q, k, v, H, H, 1.0, causal, b) @ w[f"{L}{name}.o.weight"].T
    def feed_forward(L, x):
        h = rms_norm(x, w[L + "layer_norm.weight"], c["layer_norm_epsilon"])
        M = L + "DenseReluDense."
        inner = F.relu(h @ w[M + "wi.weight"].T) if c["feed_forward_proj"] == "relu" else F.gelu(h @ w[M + "wi_0.weight"].T, approximate="tanh") * (h @ w[M + "wi_1.weight"].T)
        return x + inner @ w[M + "wo.weight"].T
    x = w["shared.weight"][source]
    for i in range(c["num_layers"]):
        x = attention(f"encoder.block.{i}.layer.0.", "SelfAttention", x, None, False, bias("encoder", len(source), True))
        x = feed_forward(f"encoder.block.{i}.layer.1.", x)
    encoded = rms_norm(x, w["encoder.final_layer_norm.weight"], c["layer_norm_epsilon"])
    x = w["shared.weight"][tokens]
    for i in range(c["num_decoder_layers"]):
        x = attention(f"decoder.block.{i}.layer.0.", "SelfAttention", x, None, True, bias("decoder", len(tokens), False))
        x = attention(f"decoder.block.{i}.layer.1.", "EncDecAttention", x, encoded, False, None)
        x = feed_forward(f"decoder.block.{i}.layer.2.", x)
    x = rms_norm(x, w["decoder.final_layer_norm.weight"], c["layer_norm_epsilon"])
    tied = c.get("tie_word_embeddings", True)
    return dict(rows=encoded, logits=(x * d ** -0.5) @ w["shared.weight"].T if tied else x @ w["lm_head.weight"].T)


def t5_tensors(c):
    d, f, q, H = c["d_model"], c["d_ff"], c["num_heads"] * c["d_kv"], c["num_heads"]
    t = {"shared.weight": (c["vocab_size"], d)}
    for part, layers in (("encoder", c["num_layers"]), ("decoder", c["num_decoder_layers"])):
        t[part + ".final_layer_norm.weight"] = (d,)
        t[part + ".block.0.layer.0.SelfAttention.relative_attention_bias.weight"] = (c["relative_attention_num_buckets"], H)
        for i in range(layers):
            attentions = ["SelfAttention"] + (["EncDecAttention"] if part == "decoder" else [])
            for j, name in enumerate(attentions):
                L = f"{part}.block.{i}.layer.{j}."
                t |= {L + "layer_norm.weight": (d,), L + name + ".q.weight": (q, d), L + name + ".k.weight": (q, d), L + name + ".v.weight": (q, d), L + name + ".o.weight": (d, q)}
            L = f"{part}.block.{i}.layer.{len(attentions)}."
            t |= {L + "layer_norm.weight": (d,), L + "DenseReluDense.wo.weight": (d, f)}
            for name in ("wi",) if c["feed_forward_proj"] == "relu" else ("wi_0", "wi_1"):
                t[f"{L}DenseReluDense.{name}.weight"] = (f, d)
    return t if c.get("tie_word_embeddings", True) else t | {"lm_head.weight": (c["vocab_size"], d)}


TOKENS = [3, 17, 5, 29, 11, 0, 23, 8, 31, 14, 2, 20]
LLAMA = dict(architectures=["LlamaForCausalLM"], model_type="llama", hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=4,
             num_key_value_heads=4, hidden_act="silu", max_position_embeddings=64, rms_norm_eps=1e-5, vocab_size=37, tie_word_embeddings=False,
             torch_dtype="float32", transformers_version="4.44.0", use_cache=True, pad_token_id=None, attention_dropout=0.0)
GPT2 = dict(architectures=["GPT2LMHeadModel"], model_type="gpt2", n_embd=32, n_head=4, n_layer=2, n_positions=24, n_ctx=24, vocab_size=37,
            activation_function="gelu_new", layer_norm_epsilon=1e-5, attn_pdrop=0.1, summary_type="cls_index")
BERT = dict(architectures=["BertModel"], model_type="bert", hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=4, hidden_act="gelu",
            max_position_embeddings=24, type_vocab_size=2, layer_norm_eps=1e-12, vocab_size=37, position_embedding_type="absolute", hidden_dropout_prob=0.1)
GEMMA2 = dict(architectures=["Gemma2ForCausalLM"], model_type="gemma2", hidden_size=32, intermediate_size=48, num_hidden_layers=3, num_attention_heads=4, num_key_value_heads=2,
              head_dim=12, hidden_act="gelu_pytorch_tanh", hidden_activation="gelu_pytorch_tanh", max_position_embeddings=64, rms_norm_eps=1e-6, vocab_size=37,
              query_pre_attn_scalar=12, sliding_window=5, attn_logit_softcapping=2.0, final_logit_softcapping=5.0, attention_bias=False, attention_dropout=0.0,
              rope_theta=1000.0, cache_implementation="hybrid", torch_dtype="bfloat16", use_cache=True)
GEMMA3 = dict(architectures=["Gemma3ForCausalLM"], model_type="gemma3_text", hidden_size=32, intermediate_size=48, num_hidden_layers=7, num_attention_heads=4, num_key_value_heads=2,
              head_dim=12, hidden_activation="gelu_pytorch_tanh", max_position_embeddings=64, rms_norm_eps=1e-6, vocab_size=37, query_pre_attn_scalar=12, sliding_window=5,
              sliding_window_pattern=6, attn_logit_softcapping=None, final_logit_softcapping=None, attention_bias=False, attention_dropout=0.0, rope_theta=2000.0,
              rope_local_base_freq=100.0, rope_scaling=dict(rope_type="linear", factor=8.0), cache_implementation="hybrid")
GEMMA3_PARTS = {key: value for key, value in GEMMA3.items() if key not in ("architectures", "sliding_window_pattern", "rope_theta", "rope_local_base_freq", "rope_scaling", "cache_implementation")}
PHI3 = dict(architectures=["Phi3ForCausalLM"], model_type="phi3", hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2, hidden_act="silu",
            max_position_embeddings=64, original_max_position_embeddings=64, rms_norm_eps=1e-5, vocab_size=37, tie_word_embeddings=False, rope_theta=1000.0, rope_scaling=None,
            sliding_window=47, attention_bias=False, attention_dropout=0.0, embd_pdrop=0.0, resid_pdrop=0.0,
            auto_map=dict(AutoConfig="configuration_phi3.Phi3Config", AutoModelForCausalLM="modeling_phi3.Phi3ForCausalLM"))
LONGROPE = dict(type="longrope", short_factor=[1.0, 1.05, 1.25], long_factor=[1.5, 4.0, 9.75])
MIXTRAL = LLAMA | dict(architectures=["MixtralForCausalLM"], model_type="mixtral", num_key_value_heads=2, num_local_experts=5, num_experts_per_tok=2, sliding_window=None, rope_theta=1e6,
                       router_aux_loss_coef=0.02, output_router_logits=False, router_jitter_noise=0.0)
QWEN3MOE = LLAMA | dict(architectures=["Qwen3MoeForCausalLM"], model_type="qwen3_moe", num_key_value_heads=2, head_dim=12, num_experts=8, num_experts_per_tok=3, moe_intermediate_size=20,
                        norm_topk_prob=True, decoder_sparse_step=1, mlp_only_layers=[], attention_bias=False, use_sliding_window=False, sliding_window=None, max_window_layers=2,
                        rope_theta=1e6, router_aux_loss_coef=0.001, output_router_logits=False)
T5 = dict(architectures=["T5ForConditionalGeneration"], model_type="t5", d_model=32, d_ff=48, d_kv=6, num_heads=4, num_layers=2, num_decoder_layers=2,
          relative_attention_num_buckets=8, layer_norm_epsilon=1e-6, vocab_size=37, feed_forward_proj="relu", is_encoder_decoder=True, decoder_start_token_id=0,
          dropout_rate=0.1, eos_token_id=1, pad_token_id=0)


def with_rope(**scaling):
    return LLAMA | dict(rope_theta=1000.0, rope_scaling=scaling)


CASES = [
    ("LLaMA", "F32", 1, LLAMA, llama_tensors(LLAMA)),
    ("LLaMA of few key/value heads, wide heads, all biases, a tied head", "BF16", 1, c := LLAMA | dict(num_key_value_heads=2, head_dim=12, attention_bias=True, mlp_bias=True, tie_word_embeddings=True), llama_tensors(c)),
    ("LLaMA stretched as Llama 3.1", "F32", 3, c := with_rope(rope_type="llama3", factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0, original_max_position_embeddings=16), llama_tensors(c)),
    ("LLaMA stretched linearly", "F16", 1, c := with_rope(type="linear", factor=4.0), llama_tensors(c)),
    ("LLaMA stretched by YaRN", "F32", 1, c := with_rope(rope_type="yarn", factor=4.0, original_max_position_embeddings=16), llama_tensors(c)),
    ("LLaMA stretched by YaRN with a factor of its own for attention", "F32", 2, c := with_rope(rope_type="yarn", factor=4.0, original_max_position_embeddings=16, attention_factor=1.25, beta_fast=32, beta_slow=1), llama_tensors(c)),
    ("LLaMA as transformers 5 writes it", "F32", 1, c := LLAMA | dict(rope_parameters=dict(rope_type="default", rope_theta=500.0), dtype="float32"), llama_tensors(c)),
    ("LLaMA in F8_E4M3", "F8_E4M3", 1, LLAMA, llama_tensors(LLAMA)),
    ("LLaMA in F8_E5M2", "F8_E5M2", 1, LLAMA, llama_tensors(LLAMA)),
    ("Mistral", "BF16", 2, c := LLAMA | dict(architectures=["MistralForCausalLM"], model_type="mistral", num_key_value_heads=2, sliding_window=32, rope_theta=10000.0), llama_tensors(c)),
    ("Qwen2", "BF16", 1, c := LLAMA | dict(architectures=["Qwen2ForCausalLM"], model_type="qwen2", num_key_value_heads=2, rope_theta=1e6, tie_word_embeddings=True, use_sliding_window=False, sliding_window=32, max_window_layers=1), llama_tensors(c)),
    ("Qwen3", "F32", 2, c := LLAMA | dict(architectures=["Qwen3ForCausalLM"], model_type="qwen3", num_key_value_heads=2, head_dim=12, rope_theta=1000.0, attention_bias=False, layer_types=["full_attention"] * 2,
                                          rope_scaling=dict(rope_type="yarn", factor=4.0, original_max_position_embeddings=16)), llama_tensors(c)),
    ("Mixtral", "F32", 2, MIXTRAL, llama_tensors(MIXTRAL)),
    ("Mixtral in BF16", "BF16", 1, MIXTRAL, llama_tensors(MIXTRAL)),
    ("Qwen3-MoE", "F32", 1, QWEN3MOE, llama_tensors(QWEN3MOE)),
    ("Gemma 2", "F32", 1, GEMMA2, gemma_tensors(GEMMA2)),
    ("Gemma 2 stretched linearly, in BF16", "BF16", 2, c := GEMMA2 | dict(rope_scaling=dict(rope_type="linear", factor=4.0), layer_types=["sliding_attention", "full_attention", "sliding_attention"]), gemma_tensors(c)),
    ("Gemma 3", "F32", 2, GEMMA3, gemma_tensors(GEMMA3)),
    ("Gemma 3 with a head, a cap and layers of its own order", "F32", 1, c := GEMMA3 | dict(
        num_hidden_layers=3, layer_types=["full_attention", "sliding_attention", "sliding_attention"], tie_word_embeddings=False, final_logit_softcapping=4.0, rope_scaling=None), gemma_tensors(c)),
    ("Gemma 3 beside a vision tower, as transformers 5 writes it", "BF16", 1, c := dict(architectures=["Gemma3ForConditionalGeneration"], model_type="gemma3", boi_token_index=33, eoi_token_index=34, image_token_index=35,
        mm_tokens_per_image=4, vision_config=dict(hidden_size=8), initializer_range=0.02, text_config=GEMMA3_PARTS | dict(num_hidden_layers=2, layer_types=["sliding_attention", "full_attention"], use_bidirectional_attention=False,
        rope_parameters=dict(full_attention=dict(rope_type="linear", factor=8.0, rope_theta=2000.0), sliding_attention=dict(rope_type="default", rope_theta=100.0)))),
        gemma_tensors(c, "model.language_model.") | {"model.vision_tower.vision_model.post_layernorm.weight": (8,), "model.multi_modal_projector.mm_input_projection_weight": (8, 32)}),
    ("Phi-3", "F32", 1, PHI3, phi3_tensors(PHI3)),
    ("Phi-3 of a long context, within the original one", "F32", 1, c := PHI3 | dict(rope_scaling=LONGROPE | dict(short_factor=[1.0, 1.05, 1.125, 1.25], long_factor=[1.5, 4.0, 9.75, 16.0]), max_position_embeddings=1024, original_max_position_embeddings=256, sliding_window=2048), phi3_tensors(c)),
    ("Phi-3 of a long context, beyond the original one, heads turned in part", "BF16", 2, c := PHI3 | dict(rope_scaling=LONGROPE, original_max_position_embeddings=8, partial_rotary_factor=0.75, tie_word_embeddings=True, sliding_window=None), phi3_tensors(c)),
    ("GPT-2", "F32", 1, GPT2, gpt2_tensors(GPT2, "transformer.")),
    ("GPT-2 without a prefix, with a head of its own", "F16", 2, c := GPT2 | dict(tie_word_embeddings=False, n_inner=40), gpt2_tensors(c, "")),
    ("BERT", "F32", 1, BERT, bert_tensors(BERT, "")),
    ("BERT as a reranker", "F32", 1, c := BERT | dict(architectures=["BertForSequenceClassification"], hidden_act="gelu_new", id2label={"0": "LABEL_0"}, label2id={"LABEL_0": 0}), bert_tensors(c, "bert.", 1)),
    ("T5", "F32", 1, T5, t5_tensors(T5)),
    ("T5 1.1", "F32", 2, c := T5 | dict(feed_forward_proj="gated-gelu", tie_word_embeddings=False, num_decoder_layers=1, dense_act_fn="gelu_new", is_gated_act=True), t5_tensors(c)),
]
FORWARD = dict(llama=llama, mistral=llama, qwen2=llama, qwen3=llama, mixtral=llama, qwen3_moe=llama, gemma2=gemma, gemma3=gemma, gemma3_text=gemma, phi3=phi3, gpt2=gpt2, bert=bert)

cases = []
for name, dtype, shards, config, shapes in CASES:
    w = {key: tensor(key, shape, dtype) for key, shape in shapes.items()}
    tokens = TOKENS if config["model_type"] != "t5" else [0] + TOKENS[:6]
    found = t5(config, w, tokens, TOKENS) if config["model_type"] == "t5" else FORWARD[config["model_type"]](config, w, tokens)
    cases.append(dict(name=name, dtype=dtype, shards=shards, config=config, tensors={key: list(shape) for key, shape in shapes.items()}, tokens=tokens, source=TOKENS if config["model_type"] == "t5" else [],
                      **{key: [float(f"{number:.9g}") for number in rows.reshape(-1).tolist()] for key, rows in found.items()}))
print(f"PyTorch {torch.__version__}, float64; NumPy {np.__version__}", file=sys.stderr)
print("[\n" + ",\n".join(json.dumps(case) for case in cases) + "\n]")
