"""Makes sampling.json: what llama.cpp's own sampler chain keeps of rows of logits, and with which probabilities.

    python3 generate.py FOLDER_OF_LIBLLAMA > sampling.json

Made with llama.cpp v0.5.0 (npm @node-llama-cpp/linux-x64 3.22.1) and NumPy 1.24. The chain is built in the order of
llama.cpp's common_sampler_init: penalties, top-k, top-p, min-p, temperature; the last, `dist`, gives the probabilities.
"""
import ctypes as c
import glob
import json
import sys

import numpy as np

folder = sys.argv[1]
lib = c.CDLL(glob.glob(folder + "/libllama.v*.so")[0])


class Data(c.Structure):
    _fields_ = [("id", c.c_int32), ("logit", c.c_float), ("p", c.c_float)]


class Array(c.Structure):
    _fields_ = [("data", c.POINTER(Data)), ("size", c.c_size_t), ("selected", c.c_int64), ("sorted", c.c_bool)]


class ChainParams(c.Structure):
    _fields_ = [("no_perf", c.c_bool)]


def function(name, result, *arguments):
    f = getattr(lib, name)
    f.restype, f.argtypes = result, arguments
    return f


p = c.c_void_p
chain_init = function("llama_sampler_chain_init", p, ChainParams)
chain_add = function("llama_sampler_chain_add", None, p, p)
penalties = function("llama_sampler_init_penalties", p, c.c_int32, c.c_int32, c.c_float, c.c_float, c.c_float)
top_k = function("llama_sampler_init_top_k", p, c.c_int32)
top_p = function("llama_sampler_init_top_p", p, c.c_float, c.c_size_t)
min_p = function("llama_sampler_init_min_p", p, c.c_float, c.c_size_t)
temp = function("llama_sampler_init_temp", p, c.c_float)
dist = function("llama_sampler_init_dist", p, c.c_uint32)
greedy = function("llama_sampler_init_greedy", p)
accept = function("llama_sampler_accept", None, p, c.c_int32)
apply = function("llama_sampler_apply", None, p, c.POINTER(Array))


def run(logits, recent, s):
    n = len(logits)
    chain = chain_init(ChainParams(True))
    window = n if s["penaltyWindow"] < 0 else s["penaltyWindow"]
    chain_add(chain, penalties(n, window, s["repetitionPenalty"], s["frequencyPenalty"], s["presencePenalty"]))
    if s["temperature"] > 0:
        chain_add(chain, top_k(s["topK"]))
        chain_add(chain, top_p(s["topP"], 1))
        chain_add(chain, min_p(s["minP"], 1))
        chain_add(chain, temp(s["temperature"]))
        chain_add(chain, dist(1))
    else:
        chain_add(chain, greedy())
    for token in recent:
        accept(chain, token)
    data = (Data * n)(*[Data(i, float(x), 0) for i, x in enumerate(logits)])
    array = Array(data, n, -1, False)
    apply(chain, c.byref(array))
    if s["temperature"] == 0:
        return [[data[array.selected].id, 1.0]]
    return [[data[i].id, data[i].p] for i in range(array.size)]


settings = []
for temperature, k, tp, mp in [
    (0.8, 40, 0.95, 0.05), (1.0, 0, 1.0, 0.0), (1.0, 5, 1.0, 0.0), (0.7, 0, 0.6, 0.0), (1.3, 0, 1.0, 0.2),
    (2.0, 0, 0.999, 0.0), (0.5, 1, 0.9, 0.5), (1.0, 10000, 0.3, 0.0), (0.0, 40, 0.95, 0.05), (1.0, 20, 0.0, 0.0),
]:
    for repeat, frequency, presence, window in [(1, 0, 0, 64), (1.3, 0, 0, 4), (1.1, 0.4, 0.3, -1)]:
        settings.append(dict(temperature=temperature, topK=k, topP=tp, minP=mp, repetitionPenalty=repeat,
                             frequencyPenalty=frequency, presencePenalty=presence, penaltyWindow=window))

random = np.random.RandomState(7)
rows, cases = {}, []
for n in (37, 700, 3000):  # 3000: beyond llama.cpp's guess of 256 tokens for top-p
    # Multiples of 1/65536, exact in a float and in the file, and distinct: llama.cpp leaves the order of ties open.
    logits = random.permutation(n) * (round(12 * 65536 / n) / 65536) - 6
    rows[str(n)] = [float(x) for x in logits]
    recent = [int(t) for t in random.randint(0, n, 9)] + [int(np.argmax(logits))] * 2
    for s in settings:
        kept = run(logits, recent, s)
        if len(kept) <= 700:
            cases.append(dict(row=str(n), recent=recent, settings=s, tokens=[t for t, _ in kept],
                              probabilities=[float("%.6g" % q) for _, q in kept]))
json.dump(dict(source="llama.cpp v0.5.0, llama_sampler_apply", rows=rows, cases=cases), sys.stdout, separators=(",", ":"))
