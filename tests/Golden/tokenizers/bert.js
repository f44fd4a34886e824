// Writes bert.json: texts and the ids that Hugging Face's tokenizers 0.22.2 give them with the vocabulary of bert-base-uncased,
// without special tokens, those typed in a text being plain text.
//
//     npm install @anush008/tokenizers@0.6.0
//     node bert.js path/to/minilm/tokenizer.json > bert.json
"use strict";
const fs = require("fs");
const { Tokenizer } = require("@anush008/tokenizers");

const file = JSON.parse(fs.readFileSync(process.argv[2], "utf8"));
const tokenizer = Tokenizer.fromString(JSON.stringify({ ...file, added_tokens: [], truncation: null, padding: null, post_processor: null }));

let state = 20250711;
function below(count) {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return Math.floor(state / 4294967296 * count);
}

const words = ("가 나무 고양이 국물 군인 한국어 नमस्ते हिंदी ที่นี่ ภาษาไทย العربية مُحَمَّد עִבְרִית বাংলা தமிழ் తెలుగు ಕನ್ನಡ മലയാളം සිංහල ລາວ ខ្មែរ မြန်မာ ქართული አማርኛ "
  + "Ελληνικά ΟΔΟΣ Русский Ёлка українська Tiếng Việt Straße İstanbul ısı naïve Ångström crème brûlée 漢字 かな ガギグ ｶﾞ 豈 ﬁn Ⅷ ½ x² cafe\u0301 "
  + "q\u0323\u0307 🙂 👩‍👩‍👧 🇩🇪 ❤️ a\u200Db c\u00ADd [MASK] [SEP] [CLS]x ##ing ▁the a▁b").split(" ");
const joins = [" ", " ", "", "\n", "\t", "\u00A0", "\u3000", "\u2028", "\v", "\f", "\u0085", "\u200B", "\r\n", "、", "।", "—", "-", "$", "\u0000"];
const blocks = [
  [0x20, 0x7F], [0xA0, 0x250], [0x250, 0x370], [0x370, 0x530], [0x590, 0x800], [0x900, 0xA00], [0xA00, 0xC00], [0xC00, 0xE00], [0xE00, 0x1000], [0x1000, 0x1200],
  [0x1700, 0x1A00], [0x1AB0, 0x1D00], [0x1DC0, 0x2070], [0x2070, 0x2C00], [0x3000, 0x3200], [0xA800, 0xAC00], [0xAC00, 0xD7A4], [0xF900, 0xFB50], [0xFE00, 0x10000],
  [0x11000, 0x12000], [0x1D100, 0x1D200], [0x1E000, 0x1E950], [0x1F300, 0x1F700], [0x2F800, 0x2FA20],
];

const texts = ["", " ", "x".repeat(100), "x".repeat(101), "é".repeat(101), "가".repeat(33), "가".repeat(34), `${"ab".repeat(60)} ${"c ".repeat(80)}`, ...words];
for (let number = 0; number < 400; number++) {
  let text = "";
  for (let pieces = 1 + below(12); pieces > 0; pieces--) {
    if (below(2) === 0) {
      text += words[below(words.length)];
    } else {
      const [first, end] = blocks[below(blocks.length)];
      for (let count = 1 + below(6); count > 0; count--) {
        text += String.fromCodePoint(first + below(end - first));
      }
    }
    text += joins[below(joins.length)];
  }
  texts.push(text);
}

(async () => {
  const cases = [];
  for (const text of texts) {
    cases.push({ text, ids: (await tokenizer.encode(text, null, { addSpecialTokens: false })).getIds() });
  }
  console.log("[\n" + cases.map(each => "  " + JSON.stringify(each)).join(",\n") + "\n]");
})();
