// Writes bert-0.22.2.txt: what Hugging Face's tokenizers 0.22.2 (the crate behind transformers' BERT; tables of Unicode 8.0
// beside newer ones) make of every code point, found by running its BertNormalizer and BertPreTokenizer.
//
//     npm install @anush008/tokenizers@0.6.0
//     node generate-bert.js > bert-0.22.2.txt
//
// Lines, numbers in hexadecimal:
//     x FIRST LAST           dropped from the text
//     w FIRST LAST           a blank
//     p FIRST LAST           punctuation: a word of its own
//     n FIRST LAST           a mark that goes with the accents
//     l POINT TARGET ...     becomes TARGET in small letters, where Unicode 15.1's simple mapping says otherwise
//     k POINT                has no decomposition here
"use strict";
const fs = require("fs");
const { bertNormalizer, bertPreTokenizer } = require("@anush008/tokenizers");

const plain = { cleanText: true, handleChineseChars: false, stripAccents: false, lowercase: false };
const clean = bertNormalizer(plain);
const lower = bertNormalizer({ ...plain, lowercase: true });
const strip = bertNormalizer({ ...plain, stripAccents: true });
const words = bertPreTokenizer();

const simple = new Map();
const decomposed = new Set();
for (const line of fs.readFileSync(`${__dirname}/unicode-15.1.0.txt`, "utf8").split("\n")) {
  const [kind, ...fields] = line.split(" ");
  const [first, last, step, target] = fields.map(field => parseInt(field, 16));
  for (let point = first; kind === "l" && point <= last; point += step) {
    simple.set(point, point - first + target);
  }
  if (kind === "c" || kind === "d") {
    decomposed.add(first);
  }
}

const ranges = { x: [], w: [], p: [], n: [] };
const others = [];
function add(kind, point) {
  const last = ranges[kind].at(-1);
  if (last && last[1] === point - 1) {
    last[1] = point;
  } else {
    ranges[kind].push([point, point]);
  }
}

for (let point = 0; point < 0x110000; point++) {
  if (point >= 0xD800 && point < 0xE000) {
    continue;
  }
  const text = String.fromCodePoint(point);
  const cleaned = clean.normalizeString(text);
  if (cleaned === "") {
    add("x", point);
    continue;
  }
  if (cleaned === " ") {
    add("w", point);
    continue;
  }
  if (words.preTokenizeString(`a${text}b`).length === 3) {
    add("p", point);
  }
  const stripped = strip.normalizeString(text);
  if (stripped === "") {
    add("n", point);
  } else if (stripped === text && decomposed.has(point)) {
    others.push(`k ${hex(point)}`);
  }
  const small = [...lower.normalizeString(text)].map(each => each.codePointAt(0));
  if (small.length !== 1 || small[0] !== (simple.get(point) ?? point)) {
    others.push(`l ${hex(point)} ${small.map(hex).join(" ")}`);
  }
}

function hex(point) {
  return point.toString(16).toUpperCase();
}

console.log("# Hugging Face's tokenizers 0.22.2 on each code point; written by generate-bert.js");
for (const kind in ranges) {
  for (const [first, last] of ranges[kind]) {
    console.log(`${kind} ${hex(first)} ${hex(last)}`);
  }
}
others.forEach(line => console.log(line));
