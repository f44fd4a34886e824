"""Golden numbers of the heads over token rows: BERT's masked-token and next-sentence heads, classification heads.

    python3 generate.py > heads.json

float64, of NumPy and Python's math.erf alone; nothing is taken from the engine. The formulas are those of
    BERT                https://arxiv.org/abs/1810.04805, sections 3 and 4.1
    transformers        modeling_bert.py: BertPredictionHeadTransform, BertLMPredictionHead, BertPooler
                        modeling_gpt2.py: GPT2ForSequenceClassification (last token, no pooler)
Gradients are central differences of step 1e-5 (error about 1e-10) of the loss Σ logits ⊙ c with a random c.
Weights and rows are rounded to float32 first, so that both sides start from the same numbers.
Letters: T tokens, d width, V vocabulary, n classes.
"""
import json
import math
import platform

import numpy as np

SEED, T, d, V, n, EPSILON = 20261122, 6, 12, 17, 3, 1e-12
POSITIONS = [1, 4]

random = np.random.default_rng(SEED)


def draw(*shape, scale=1.0, offset=0.0):
    return (offset + scale * random.standard_normal(shape)).astype(np.float32).astype(np.float64)


weights = {
    "mask.dense.weight": draw(d, d, scale=0.5), "mask.dense.bias": draw(d, scale=0.3),
    "mask.norm.weight": draw(d, scale=0.2, offset=1), "mask.norm.bias": draw(d, scale=0.2),
    "mask.decoder.weight": draw(V, d), "mask.decoder.bias": draw(V, scale=0.5),
    "pooler.weight": draw(d, d, scale=0.4), "pooler.bias": draw(d, scale=0.3),
    "next_sentence.weight": draw(2, d), "next_sentence.bias": draw(2),
    "classifier.weight": draw(n, d), "classifier.bias": draw(n),
}
rows = draw(T, d, scale=1.5)
erf = np.vectorize(math.erf)


def gelu(x):
    return 0.5 * x * (1 + erf(x / math.sqrt(2)))


def norm(x, gain, bias):
    mean = x.mean(-1, keepdims=True)
    variance = ((x - mean) ** 2).mean(-1, keepdims=True)
    return (x - mean) / np.sqrt(variance + EPSILON) * gain + bias


def linear(x, name):
    return x @ weights[f"{name}.weight"].T + weights[f"{name}.bias"]


def pooled(x):
    return np.tanh(linear(x[:1], "pooler"))


HEADS = {
    "mask": lambda: linear(norm(gelu(linear(rows[POSITIONS], "mask.dense")), weights["mask.norm.weight"], weights["mask.norm.bias"]), "mask.decoder"),
    "next_sentence": lambda: linear(pooled(rows), "next_sentence"),
    "classifier_mean": lambda: linear(rows.mean(0, keepdims=True), "classifier"),
    "classifier_cls": lambda: linear(pooled(rows), "classifier"),
    "classifier_last": lambda: linear(rows[-1:], "classifier"),
}


def gradient(at, loss, h=1e-5):
    result = np.zeros_like(at)
    for index in np.ndindex(*at.shape):
        value = at[index]
        at[index] = value + h
        above = loss()
        at[index] = value - h
        result[index] = (above - loss()) / (2 * h)
        at[index] = value
    return result


def plain(a):
    return {"shape": list(a.shape), "values": [float(x) for x in a.reshape(-1)]}


document = {
    "source": f"NumPy {np.__version__}, Python {platform.python_version()}, float64, seed {SEED}",
    "epsilon": EPSILON, "positions": POSITIONS, "rows": plain(rows),
    "weights": {name: plain(w) for name, w in weights.items()},
    "heads": {},
}
for name, head in HEADS.items():
    logits = head()
    c = draw(*logits.shape)
    loss = lambda: float((head() * c).sum())
    gradients = {"rows": gradient(rows, loss)}
    for weight in weights:
        g = gradient(weights[weight], loss)
        if np.abs(g).max() > 0:
            gradients[weight] = g
    document["heads"][name] = {"logits": plain(logits), "loss": plain(c), "gradients": {k: plain(g) for k, g in gradients.items()}}
print(json.dumps(document, separators=(",", ":")))
