#!/usr/bin/env bash
# llama.cpp's uncased BERT keeps the first code point of a decomposed character alone, so every Korean syllable becomes its
# first consonant: 가, 고, 국 and 군 get the same ids, and sentences of different meaning the same embedding.
# Hugging Face's tokenizers give four different lists with the same vocabulary.
#
# Seen 2026-11-28 with node-llama-cpp 3.22.1 (llama.cpp v0.5.0) and @anush008/tokenizers 0.6.0 (tokenizers 0.22.2).
# Why it matters: every BERT-like embedding model that llama.cpp serves (MiniLM, BGE, E5 …) is useless for Korean, and bad for
# Hindi, whose vowel signs it drops. A program of its own has to split such text itself.
#
# Runs llama.cpp through node-llama-cpp on a small vocabulary made here. Exits with 1 where the behaviour has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --ignore-scripts --no-audit --no-fund --loglevel=error node-llama-cpp@3.22.1 @anush008/tokenizers@0.6.0
cat >show.mjs <<'JS'
import { writeFileSync } from "node:fs";
import { getLlama } from "node-llama-cpp";
import tokenizers from "@anush008/tokenizers";

// [PAD], [UNK], [CLS], [SEP], then the letters of Korean, at the beginning of a word and within one
const jamo = [];
for (let point = 0x1100; point < 0x1200; point++) jamo.push(String.fromCodePoint(point));
const special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"];
const vocabulary = [...special, ...jamo, ...jamo.map(letter => "##" + letter)];

// Version 3 of GGUF: a header and metadata, no tensors.
const parts = [];
const u32 = value => { const bytes = Buffer.alloc(4); bytes.writeUInt32LE(value); parts.push(bytes); };
const u64 = value => { const bytes = Buffer.alloc(8); bytes.writeBigUInt64LE(BigInt(value)); parts.push(bytes); };
const text = value => { const bytes = Buffer.from(value, "utf8"); u64(bytes.length); parts.push(bytes); };
const entries = [];
const add = (key, write) => entries.push(() => { text(key); write(); });
const addText = (key, value) => add(key, () => { u32(8); text(value); });
const addNumber = (key, value) => add(key, () => { u32(4); u32(value); });
addText("general.architecture", "bert");
for (const [key, value] of Object.entries({ context_length: 64, embedding_length: 64, block_count: 1, feed_forward_length: 64, "attention.head_count": 2 })) addNumber(`bert.${key}`, value);
add("bert.attention.layer_norm_epsilon", () => { u32(6); const bytes = Buffer.alloc(4); bytes.writeFloatLE(1e-12); parts.push(bytes); });
addText("tokenizer.ggml.model", "bert");
addNumber("tokenizer.ggml.token_type_count", 2);
for (const [name, id] of Object.entries({ padding: 0, unknown: 1, bos: 2, cls: 2, seperator: 3 })) addNumber(`tokenizer.ggml.${name}_token_id`, id);
add("tokenizer.ggml.tokens", () => {
    u32(9); u32(8); u64(vocabulary.length);
    vocabulary.forEach((token, id) => text(id < special.length ? token : token.startsWith("##") ? token.slice(2) : "\u2581" + token));
});
add("tokenizer.ggml.token_type", () => { u32(9); u32(5); u64(vocabulary.length); vocabulary.forEach((_, id) => u32(id < special.length ? 3 : 1)); });
parts.push(Buffer.from("GGUF")); u32(3); u64(0); u64(entries.length);
entries.forEach(write => write());
writeFileSync("korean.gguf", Buffer.concat(parts));

const judge = tokenizers.Tokenizer.fromString(JSON.stringify({
    version: "1.0", added_tokens: [], post_processor: null, decoder: null,
    normalizer: { type: "BertNormalizer", clean_text: true, handle_chinese_chars: true, strip_accents: null, lowercase: true },
    pre_tokenizer: { type: "BertPreTokenizer" },
    model: { type: "WordPiece", unk_token: "[UNK]", continuing_subword_prefix: "##", max_input_chars_per_word: 100, vocab: Object.fromEntries(vocabulary.map((token, id) => [token, id])) },
}));
const llama = await getLlama({ gpu: false, build: "never", logLevel: "error" });
const model = await llama.loadModel({ modelPath: "korean.gguf", vocabOnly: true });
const seen = { llama: new Set(), judge: new Set() };
console.log("llama.cpp release", llama.llamaCppRelease.release);
for (const word of ["가", "고", "국", "군"]) {
    const ids = { llama: [...model.tokenize(word)].filter(id => id > 3).join(" "), judge: (await judge.encode(word, null, { addSpecialTokens: false })).getIds().join(" ") };
    console.log(`${word}  llama.cpp: ${ids.llama}   Hugging Face: ${ids.judge}`);
    seen.llama.add(ids.llama);
    seen.judge.add(ids.judge);
}
const collapses = seen.llama.size < 4 && seen.judge.size === 4;
console.log(collapses ? "as seen: llama.cpp tells fewer than four words apart" : "CHANGED");
await llama.dispose();
process.exit(collapses ? 0 : 1);
JS
node show.mjs
