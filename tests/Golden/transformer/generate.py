"""Golden numbers of the original Transformer: PyTorch's nn.TransformerEncoderLayer and nn.TransformerDecoderLayer in float64.

    python3 generate.py > golden.json

Needs PyTorch (Debian's python3-torch 1.13.1 made the file) and NumPy. Post-norm layers as they are by default, stacked without
a norm behind the last (norm=None), dropout 0. What PyTorch leaves to the user follows the paper, https://arxiv.org/abs/1706.03762:
embeddings times the root of d_model, sinusoidal positions (section 3.5), the causal mask of the decoder. Sources of one batch
are padded, at the end or elsewhere, and the padding is masked in the encoder and in the cross-attention.

The weights are drawn here and written into the file (F32, little-endian, base64), under the names of the engine's GGUF
architecture 'transformer'; (out, in) as PyTorch has them.
"""
import base64
import json
import math
import platform

import numpy as np
import torch
from torch import nn

SEED = 20261122
PADDING = 1

CASES = [
    # Odd sizes everywhere, one batch of three: no padding, padding behind, padding in front and in the midst.
    dict(name="odd sizes, tied", vocabulary=23, width=15, inner=17, heads=5, encoder=3, decoder=2, epsilon=1e-5, tied=True, output_bias=False,
         sources=[[4, 9, 2, 17, 22, 3, 9], [5, 6, 7, 8, PADDING, PADDING, PADDING], [PADDING, 11, PADDING, 12, 13, PADDING, 14]],
         targets=[[0, 3, 8, 8, 21, 6], [0, 2, 19, 5, 5, 4], [0, 22, 7, 3, 10, 2]]),
    dict(name="even sizes, a head of its own with bias", vocabulary=31, width=24, inner=33, heads=4, encoder=1, decoder=2, epsilon=1e-3, tied=False, output_bias=True,
         sources=[[2, 30, 29, 4, 5, 5, 7, 8, 9, 10, 11], [3] + 10 * [PADDING]],
         targets=[[0], [0]]),
]


def positions(count, width):
    position = np.arange(count)[:, None]
    column = np.arange(width)[None, :]
    angle = position / 10000 ** (column // 2 * 2 / width)
    return torch.tensor(np.where(column % 2 == 0, np.sin(angle), np.cos(angle)))


def draw(module, random):
    """Random weights that a float holds exactly; gains near 1."""
    with torch.no_grad():
        for name, parameter in module.named_parameters():
            scale, mean = (0.3, 1) if name.endswith(("norm1.weight", "norm2.weight", "norm3.weight")) else (1 / math.sqrt(parameter.shape[-1]), 0)
            values = random.normal(mean, scale, parameter.shape).astype(np.float32)
            parameter.copy_(torch.tensor(values, dtype=torch.float64))


def attention(tensors, name, module, width):
    for index, letter in enumerate("qkv"):
        rows = slice(index * width, (index + 1) * width)
        tensors[f"{name}_{letter}.weight"] = module.in_proj_weight[rows]
        tensors[f"{name}_{letter}.bias"] = module.in_proj_bias[rows]
    tensors[f"{name}_o.weight"] = module.out_proj.weight
    tensors[f"{name}_o.bias"] = module.out_proj.bias


def weight_and_bias(tensors, name, module):
    tensors[name + ".weight"] = module.weight
    tensors[name + ".bias"] = module.bias


def collect(prefix, layers, crosses, width):
    tensors = {}
    for i, layer in enumerate(layers):
        at = f"{prefix}.blk.{i}."
        attention(tensors, at + "attn", layer.self_attn, width)
        weight_and_bias(tensors, at + "attn_output_norm", layer.norm1)
        if crosses:
            attention(tensors, at + "cross_attn", layer.multihead_attn, width)
            weight_and_bias(tensors, at + "cross_attn_output_norm", layer.norm2)
        weight_and_bias(tensors, at + "ffn_up", layer.linear1)
        weight_and_bias(tensors, at + "ffn_down", layer.linear2)
        weight_and_bias(tensors, at + "layer_output_norm", layer.norm3 if crosses else layer.norm2)
    return tensors


def run(case, random):
    width, settings = case["width"], dict(dropout=0.0, batch_first=True, layer_norm_eps=case["epsilon"], dtype=torch.float64)
    encoder = nn.TransformerEncoder(
        nn.TransformerEncoderLayer(width, case["heads"], case["inner"], **settings), case["encoder"], norm=None, enable_nested_tensor=False)
    decoder = nn.TransformerDecoder(nn.TransformerDecoderLayer(width, case["heads"], case["inner"], **settings), case["decoder"], norm=None)
    embedding = nn.Embedding(case["vocabulary"], width, dtype=torch.float64)
    head = nn.Linear(width, case["vocabulary"], bias=case["output_bias"], dtype=torch.float64)
    for module in (encoder, decoder, embedding, head):
        draw(module, random)
        module.train()  # in evaluation PyTorch takes a path of its own that rounds differently
    if case["tied"]:
        head.weight = embedding.weight

    source, target = torch.tensor(case["sources"]), torch.tensor(case["targets"])
    padding = source == PADDING
    memory = encoder(
        embedding(source) * math.sqrt(width) + positions(source.shape[1], width), src_key_padding_mask=padding)
    ahead = nn.Transformer.generate_square_subsequent_mask(target.shape[1]).double()
    rows = decoder(
        embedding(target) * math.sqrt(width) + positions(target.shape[1], width), memory, tgt_mask=ahead, memory_key_padding_mask=padding)
    logits = head(rows)

    tensors = {"token_embd.weight": embedding.weight, **collect("enc", encoder.layers, False, width), **collect("dec", decoder.layers, True, width)}
    if not case["tied"]:
        tensors["output.weight"] = head.weight
    if case["output_bias"]:
        tensors["output.bias"] = head.bias
    return {
        **case,
        "padding": PADDING,
        "encoded": memory.detach().numpy().round(9).tolist(),
        "logits": logits.detach().numpy().round(9).tolist(),
        "tensors": {
            name: {"shape": list(tensor.shape), "data": base64.b64encode(tensor.detach().numpy().astype("<f4").tobytes()).decode()}
            for name, tensor in tensors.items()
        },
    }


random = np.random.default_rng(SEED)
print(json.dumps({
    "source": "PyTorch's Transformer layers in float64, generate.py",
    "made_with": {"python": platform.python_version(), "numpy": np.__version__, "torch": torch.__version__},
    "seed": SEED,
    "tolerance": {
        "max_abs": 1e-5,
        "reason": "Single precision against double, measured up to 1.1e-6 on logits of up to 2.7. Nine times that, for other processors; a wrong mask, scale, norm or position is off by more than 1e-2.",
    },
    "cases": [run(case, random) for case in CASES],
}))
