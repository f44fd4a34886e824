// Hugging Face's own tokenizers (Rust) split texts by a tokenizer.json.
//   node judge.mjs rust|js TOKENIZER.json < {"hidden": [id, …], "texts": [{"text": "…", "addSpecial": false, "parseSpecial": false}, …]} > [[id, …], …]
// parseSpecial false: special tokens typed inside a text are plain text. Hugging Face has no switch for that: in the list of
// added tokens the hidden ones get a text that nobody types. (Taken off the list they would move the ids of those behind them.)
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { text } from "node:stream/consumers";

// The packages lie where the build installed them, not beside this script.
const require = createRequire(process.env.JUDGE_PACKAGES ? process.env.JUDGE_PACKAGES + "/" : import.meta.url);
const [judge, path] = process.argv.slice(2);
const file = JSON.parse(readFileSync(path, "utf8"));
const request = JSON.parse(await text(process.stdin));
const hidden = new Set(request.hidden);
const untyped = id => `\u{10FFFE}${id}\u{10FFFE}`;
const plain = {
    ...file,
    added_tokens: file.added_tokens.map(token => hidden.has(token.id) ? { ...token, content: untyped(token.id) } : token),
    // Unigram has its special tokens among its pieces as well, and would find them there.
    model: file.model.type !== "Unigram" ? file.model
        : { ...file.model, vocab: file.model.vocab.map(([piece, score], id) => hidden.has(id) ? [untyped(id), score] : [piece, score]) },
};

const splitters = {
    rust(description) {
        const { Tokenizer } = require("@anush008/tokenizers");
        const tokenizer = Tokenizer.fromString(JSON.stringify(description));
        return async (text, addSpecialTokens) => (await tokenizer.encode(text, null, { addSpecialTokens })).getIds();
    },
    js(description) {
        const { Tokenizer } = require("@huggingface/tokenizers");
        const tokenizer = new Tokenizer(description, {});
        return async (text, addSpecialTokens) => tokenizer.encode(text, { add_special_tokens: addSpecialTokens }).ids;
    },
};

const made = new Map();
function splitter(description) {
    if (!made.has(description)) made.set(description, splitters[judge](description));
    return made.get(description);
}

const answers = [];
for (const { text, addSpecial, parseSpecial } of request.texts) {
    answers.push(await splitter(parseSpecial ? file : plain)(text, addSpecial));
}
process.stdout.write(JSON.stringify(answers));
