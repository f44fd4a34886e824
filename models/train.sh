#!/usr/bin/env bash
# Trains the models of this folder again, into a folder of your choice: bash models/train.sh OUT. The runs of the cards took 33 minutes together.
set -euo pipefail
cd "$(dirname "$0")/.."
out=${1:?the folder to write to}
shapes=models/shapes
mkdir -p "$out"
engine() { dotnet run -c Release --project src/Host -- "$@"; }
train() { engine train "$@" --beta2 0.99; }

# The corpora: what is learned, and what is held out.
engine corpus stories --count 40000 --out "$out/stories.txt"
engine corpus stories --held-out --count 300 --seed 2 --out "$out/stories-held-out.txt"
engine corpus moods --count 6000 --out "$out/moods.jsonl"
engine corpus moods --held-out --count 300 --seed 2 --out "$out/moods-held-out.jsonl"
engine corpus facts --count 20000 --out "$out/facts.jsonl"
engine corpus facts --held-out --count 300 --seed 2 --out "$out/facts-held-out.jsonl"
engine corpus translations --count 30000 --out "$out/translations.jsonl"
engine corpus translations --held-out --count 300 --seed 2 --out "$out/translations-held-out.jsonl"
engine corpus tools --count 40000 --out "$out/tools.jsonl"
engine corpus tools --count 40000 --seed 3 --out "$out/tools-3.jsonl"
engine corpus tools --count 20000 --seed 5 --out "$out/tools-5.jsonl"
engine corpus tools --held-out --count 100 --seed 2 --out "$out/tools-held-out.jsonl"

# The vocabularies, of the texts alone.
grep -v '^<|endoftext|>$' "$out/stories.txt" | engine train-tokenizer --data - --scheme bpe --size 1024 --out "$out/stories-vocabulary.gguf"
sed 's/{"first":"//; s/","second":"/\n/; s/"}$//' "$out/facts.jsonl" | engine train-tokenizer --data - --scheme wordpiece --size 512 --out "$out/facts-vocabulary.gguf"
sed 's/{"source":"//; s/","target":"/\n/; s/"}$//' "$out/translations.jsonl" | engine train-tokenizer --data - --scheme unigram --size 400 --out "$out/translations-vocabulary.gguf"
# Of conversations the words and marks, without the keys of the JSON around them and without the blanks before words: so a name is the same tokens after a
# blank and after a quote, and can be copied from the question. The marks of the chat template are added. Digits stay single.
{
    head -12000 "$out/tools.jsonl" | sed 's/\\"/"/g; s/\\n/\n/g; s/"\(tools\|messages\|type\|function\|role\|content\|tool_calls\|id\|tool_call_id\|properties\|object\)":/\n/g; s/ \([^" {\[]\)/\n\1/g; s/user\|assistant/&\n/g'
    for _ in $(seq 20000); do
        printf 'user:\nassistant:\ntool:\n<tools>\n</tools>\n<tool_call>\n</tool_call>\n<tool_response>\n</tool_response>\n{"name": "x", "parameters": ["a", "b"]}\n"name": "x", "arguments": {"city": "x"}}\n'
    done
} | engine train-tokenizer --data - --scheme bpe --pre qwen2 --size 640 --out "$out/tools-vocabulary.gguf"

# The story teller.
train --model-shape $shapes/llama-stories.json --vocabulary "$out/stories-vocabulary.gguf" --data "$out/stories.txt" --validation "$out/stories-held-out.txt" \
    --out "$out/first.gguf" --batch 8 --context 128 --steps 2200 --lr 3e-3 --final-lr 0.03 --warmup 100 --weight-decay 0.05
train --from "$out/first.gguf" --data "$out/stories.txt" --validation "$out/stories-held-out.txt" \
    --out "$out/llama-stories-f32.gguf" --batch 8 --context 128 --steps 2500 --lr 1.5e-3 --final-lr 0.02 --warmup 50 --weight-decay 0.05 --seed 2
engine quantize "$out/llama-stories-f32.gguf" "$out/llama-stories-q8_0.gguf" Q8_0

# The caller of tools: the same recipe four times, each from what came out before.
tools() { train "$@" --validation "$out/tools-held-out.jsonl" --batch 16 --context 1024 --weight-decay 0.05 --threads 2; }
tools --model-shape $shapes/llama-tools.json --vocabulary "$out/tools-vocabulary.gguf" --data "$out/tools.jsonl" \
    --out "$out/tools-first.gguf" --steps 1000 --lr 3e-3 --final-lr 0.03 --warmup 100
tools --from "$out/tools-first.gguf" --data "$out/tools.jsonl" --out "$out/tools-second.gguf" --steps 1500 --lr 2e-3 --final-lr 0.02 --warmup 50 --seed 2
tools --from "$out/tools-second.gguf" --data "$out/tools-3.jsonl" --out "$out/tools-third.gguf" --steps 2000 --lr 2e-3 --final-lr 0.02 --warmup 50 --seed 3
tools --from "$out/tools-third.gguf" --data "$out/tools-5.jsonl" --out "$out/tools-fourth.gguf" --steps 900 --lr 1.5e-3 --final-lr 0.02 --warmup 30 --seed 5
engine quantize "$out/tools-fourth.gguf" "$out/llama-tools-q8_0.gguf" Q8_0

# The classifier: a language model of stories first, then with the joint loss.
train --model-shape $shapes/gpt2-moods.json --vocabulary "$out/stories-vocabulary.gguf" --data "$out/stories.txt" \
    --out "$out/gpt2-stories.gguf" --batch 8 --context 128 --steps 800 --lr 3e-3 --final-lr 0.1 --warmup 100 --threads 1
train --from "$out/gpt2-stories.gguf" --objective joint --data "$out/moods.jsonl" --validation "$out/moods-held-out.jsonl" \
    --out "$out/gpt2-moods.gguf" --batch 16 --context 128 --steps 400 --lr 1e-3 --final-lr 0.1 --warmup 20 --threads 1

# Masked words and pairs of sentences.
train --model-shape $shapes/bert-facts.json --vocabulary "$out/facts-vocabulary.gguf" --objective bert --data "$out/facts.jsonl" --validation "$out/facts-held-out.jsonl" \
    --out "$out/bert-facts.gguf" --batch 32 --context 64 --steps 5000 --lr 2e-3 --final-lr 0.03 --warmup 200 --threads 1

# Translation, by the two encoder-decoders.
train --model-shape $shapes/t5-translations.json --vocabulary "$out/translations-vocabulary.gguf" --objective seq2seq --data "$out/translations.jsonl" \
    --validation "$out/translations-held-out.jsonl" --out "$out/t5-translations.gguf" --batch 16 --context 64 --steps 5000 --lr 3e-3 --final-lr 0.03 --warmup 200 --threads 1
train --model-shape $shapes/transformer-translations.json --vocabulary "$out/translations-vocabulary.gguf" --objective seq2seq --data "$out/translations.jsonl" \
    --validation "$out/translations-held-out.jsonl" --out "$out/transformer-translations.gguf" --batch 16 --context 64 --steps 2000 --lr 3e-3 --final-lr 0.03 --warmup 200 --threads 1
