#!/usr/bin/env bash
# Hugging Face's two own tokenizers disagree on BERT: the JavaScript one does not set Chinese characters beyond U+FFFF apart
# (U+20000 and about 53,000 more), so a word of one such character and letters is one unknown token where the Rust one finds
# the letters; and it strips marks and knows signs that Unicode has added since 8.0, whose tables the Rust one still uses.
#
# Seen 2026-11-28 with @huggingface/tokenizers 0.2.0 and @anush008/tokenizers 0.6.0 (the Rust crate, 0.22.2).
# Why it matters: "as Hugging Face splits" is not one rule. Models trained with transformers in Python were split by the Rust
# crate; what runs in a browser or in Node may be fed other ids.
#
# Exits with 1 where the behaviour has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --ignore-scripts --no-audit --no-fund --loglevel=error @huggingface/tokenizers@0.2.0 @anush008/tokenizers@0.6.0
cat >show.mjs <<'JS'
import { createRequire } from "node:module";
const require = createRequire(import.meta.url);
const Rust = require("@anush008/tokenizers").Tokenizer;
const JavaScript = require("@huggingface/tokenizers").Tokenizer;

const description = {
    version: "1.0", added_tokens: [], post_processor: null, decoder: null,
    normalizer: { type: "BertNormalizer", clean_text: true, handle_chinese_chars: true, strip_accents: null, lowercase: true },
    pre_tokenizer: { type: "BertPreTokenizer" },
    model: { type: "WordPiece", unk_token: "[UNK]", continuing_subword_prefix: "##", max_input_chars_per_word: 100, vocab: { "[UNK]": 0, "a": 1, "b": 2, "##b": 3 } },
};
const rust = Rust.fromString(JSON.stringify(description)), javaScript = new JavaScript(description, {});
const seen = [
    ["a\u4E00b", "a [UNK] b", "a [UNK] b", "a Chinese character"],
    ["a\u{20000}b", "a [UNK] b", "[UNK]", "a Chinese character beyond U+FFFF"],
    ["a\u07FDb", "[UNK]", "a ##b", "a mark of Unicode 11"],
    ["a\u09FDb", "[UNK]", "a [UNK] b", "punctuation of Unicode 10"],
];
let changed = false;
for (const [text, expectedRust, expectedJavaScript, what] of seen) {
    const byRust = (await rust.encode(text, null, { addSpecialTokens: false })).getTokens().join(" ");
    const byJavaScript = javaScript.encode(text, { add_special_tokens: false }).tokens.join(" ");
    const same = byRust === expectedRust && byJavaScript === expectedJavaScript;
    changed ||= !same;
    console.log(`${what}: Rust "${byRust}", JavaScript "${byJavaScript}"${same ? "" : "   CHANGED"}`);
}
process.exit(changed ? 1 : 0);
JS
node show.mjs
