#!/usr/bin/env bash
# Vercel's AI SDK with @ai-sdk/openai, used as its documentation shows (append response.messages, call again), sends the id of an
# earlier answer in place of its text: {"type":"item_reference","id":"msg_…"}. It does so for every model name, because it takes
# "store" for true where nobody set it, and does not even send the field; a server that stores nothing is left with a question
# whose conversation has a hole. With providerOptions.openai.store false the text itself is sent.
#
# Seen 2026-11-28 with ai 7.0.173 and @ai-sdk/openai 4.0.118.
# Why it matters: a server that offers /v1/responses has to keep its last answers for a while, or refuse the second turn of every
# conversation that is held this way.
#
# Exits with 1 where the behaviour has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --ignore-scripts --no-audit --no-fund --loglevel=error ai@7.0.173 @ai-sdk/openai@4.0.118
cat >show.mjs <<'JS'
import http from "node:http";
import { generateText } from "ai";
import { createOpenAI } from "@ai-sdk/openai";

const bodies = [];
const server = http.createServer((request, response) => {
    let text = "";
    request.on("data", piece => text += piece).on("end", () => {
        bodies.push(JSON.parse(text));
        response.setHeader("content-type", "application/json");
        response.end(JSON.stringify({
            id: "resp_1", object: "response", created_at: 1, status: "completed", model: "m",
            output: [{ type: "message", id: "msg_1", status: "completed", role: "assistant", content: [{ type: "output_text", text: "Hello.", annotations: [] }] }],
            usage: { input_tokens: 1, output_tokens: 1, total_tokens: 2 },
        }));
    });
});
await new Promise(done => server.listen(0, "127.0.0.1", done));
const model = createOpenAI({ baseURL: `http://127.0.0.1:${server.address().port}/v1`, apiKey: "k" })("some-model");

async function secondTurn(providerOptions) {
    const messages = [{ role: "user", content: "Hi." }];
    const first = await generateText({ model, messages, providerOptions });
    messages.push(...first.response.messages, { role: "user", content: "And now?" });
    await generateText({ model, messages, providerOptions });
    const body = bodies.at(-1);
    return `store ${JSON.stringify(body.store)}, answer ${JSON.stringify(body.input[1])}`;
}
const seen = [
    ["as documented", await secondTurn(undefined), 'store undefined, answer {"type":"item_reference","id":"msg_1"}'],
    ["with store false", await secondTurn({ openai: { store: false } }), 'store false, answer {"role":"assistant","content":"Hello."}'],
];
server.close();
let changed = false;
for (const [what, found, expected] of seen) {
    changed ||= found !== expected;
    console.log(`${what}: ${found}${found === expected ? "" : `   CHANGED, was ${expected}`}`);
}
process.exit(changed ? 1 : 0);
JS
npm ls --depth 0
node show.mjs
