#!/usr/bin/env bash
# llama.cpp looks into general.name: where it holds "phi-3" or "phi3", whatever the architecture is, it sets attributes of the tokens </s>, <unk>, <s>
# and <|endoftext|> by their texts, and a vocabulary without one of them is refused with "_Map_base::at", or "invalid unordered_map key". A LLaMA
# vocabulary has no <|endoftext|>: a model called "my-phi3-story" does not load, and the same file with another name does.
#
# Seen 2026-11-29 with node-llama-cpp 3.22.1 (llama.cpp v0.5.0), Linux x64.
# Why it matters: converters write the folder's name into general.name. A fine-tune, a merge or a test model with "phi3" in its folder's name
# fails with an error that names neither the key nor the token.
#
# Runs llama.cpp through node-llama-cpp on a small vocabulary made here. Exits with 1 where the behaviour has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --ignore-scripts --no-audit --no-fund --loglevel=error node-llama-cpp@3.22.1
cat >show.mjs <<'JS'
import { writeFileSync } from "node:fs";
import { getLlama } from "node-llama-cpp";

// A SentencePiece vocabulary as LLaMA's: three special tokens, all bytes, a few pieces.
const tokens = ["<unk>", "<s>", "</s>"], kinds = [2, 3, 3];
for (let byte = 0; byte < 256; byte++) { tokens.push(`<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`); kinds.push(6); }
for (const piece of ["\u2581", "a", "b", "c"]) { tokens.push(piece); kinds.push(1); }

// Version 3 of GGUF: a header and metadata, no tensors.
function write(path, name) {
    const parts = [], entries = [];
    const number = value => { const bytes = Buffer.alloc(4); bytes.writeUInt32LE(value); parts.push(bytes); };
    const long = value => { const bytes = Buffer.alloc(8); bytes.writeBigUInt64LE(BigInt(value)); parts.push(bytes); };
    const float = value => { const bytes = Buffer.alloc(4); bytes.writeFloatLE(value); parts.push(bytes); };
    const text = value => { const bytes = Buffer.from(value, "utf8"); long(bytes.length); parts.push(bytes); };
    const add = (key, type, put) => entries.push(() => { text(key); number(type); put(); });
    const list = (key, type, values, put) => add(key, 9, () => { number(type); long(values.length); values.forEach(put); });
    add("general.architecture", 8, () => text("llama"));
    add("general.name", 8, () => text(name));
    for (const [key, value] of Object.entries({ context_length: 64, embedding_length: 64, block_count: 1, feed_forward_length: 64, "attention.head_count": 2 })) add(`llama.${key}`, 4, () => number(value));
    add("llama.attention.layer_norm_rms_epsilon", 6, () => float(1e-5));
    add("tokenizer.ggml.model", 8, () => text("llama"));
    add("tokenizer.ggml.pre", 8, () => text("default"));
    list("tokenizer.ggml.tokens", 8, tokens, text);
    list("tokenizer.ggml.scores", 6, tokens, (_, id) => float(-id));
    list("tokenizer.ggml.token_type", 5, kinds, number);
    for (const [key, id] of Object.entries({ unknown: 0, bos: 1, eos: 2 })) add(`tokenizer.ggml.${key}_token_id`, 4, () => number(id));
    parts.push(Buffer.from("GGUF")); number(3); long(0); long(entries.length);
    entries.forEach(entry => entry());
    writeFileSync(path, Buffer.concat(parts));
}

const said = [];
const llama = await getLlama({ gpu: false, build: "never", logger: (_, message) => said.push(message) });
console.log("llama.cpp release", llama.llamaCppRelease.release);
const loads = {};
for (const name of ["my-story", "my-phi3-story", "my-phi-3-story", "my-phi4-story"]) {
    write(`${name}.gguf`, name);
    try {
        const model = await llama.loadModel({ modelPath: `${name}.gguf`, vocabOnly: true });
        loads[name] = true;
        await model.dispose();
    } catch {
        loads[name] = false;
    }
    console.log(`general.name '${name}': ${loads[name] ? "loads" : "is refused"}`);
}
console.log(said.filter(line => line.includes("error loading model vocabulary")).join("\n"));
await llama.dispose();
const asSeen = loads["my-story"] && !loads["my-phi3-story"] && !loads["my-phi-3-story"] && loads["my-phi4-story"];
console.log(asSeen ? "as seen" : "CHANGED");
process.exit(asSeen ? 0 : 1);
JS
node show.mjs
