#!/usr/bin/env bash
# Leaving the loop over a stream of npm's ollama does not close the connection: the server goes on generating to the end, and
# nobody reads it. (openai's stream, beside it here, closes with the loop.) Only abort() closes it.
#
# Seen 2026-11-29 with ollama 0.6.4 and openai 7.55.0.
# Why it matters: a user who breaks out of a long answer and asks again has both computed. A server must not count on the
# disconnect; a user should call abort() and set num_predict.
#
# Exits with 1 where the behaviour has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --ignore-scripts --no-audit --no-fund --loglevel=error ollama@0.6.4 openai@7.55.0
cat >show.mjs <<'JS'
import http from "node:http";
import { Ollama } from "ollama";
import OpenAI from "openai";

// A piece every 50 ms for 3 s, in both formats; tells how many had gone out when the connection closed.
function serve() {
    let ended;
    const sent = new Promise(resolve => ended = resolve);
    const server = http.createServer(async (request, response) => {
        request.resume();
        const events = request.url.startsWith("/v1");
        response.writeHead(200, { "Content-Type": events ? "text/event-stream" : "application/x-ndjson" });
        let pieces = 0;
        const writing = setInterval(() => {
            response.write(events
                ? `data: ${JSON.stringify({ id: "c", object: "chat.completion.chunk", created: 1, model: "m", choices: [{ index: 0, delta: { role: "assistant", content: "a" }, finish_reason: null }] })}\n\n`
                : `${JSON.stringify({ model: "m", created_at: "2026-01-01T00:00:00Z", message: { role: "assistant", content: "a" }, done: false })}\n`);
            if (++pieces === 60) response.end(events ? "data: [DONE]\n\n" : undefined);
        }, 50);
        response.on("close", () => { clearInterval(writing); ended(pieces); });
    });
    return new Promise(resolve => server.listen(0, "127.0.0.1", () => resolve({ base: `http://127.0.0.1:${server.address().port}`, sent, server })));
}

const messages = [{ role: "user", content: "a" }];
const clients = {
    "ollama, break": async base => { for await (const part of await new Ollama({ host: base }).chat({ model: "m", messages, stream: true })) break; },
    "ollama, abort()": async base => {
        const parts = await new Ollama({ host: base }).chat({ model: "m", messages, stream: true });
        try { for await (const part of parts) parts.abort(); } catch (error) { if (error.name !== "AbortError") throw error; }
    },
    "openai, break": async base => { for await (const part of await new OpenAI({ baseURL: `${base}/v1`, apiKey: "none" }).chat.completions.create({ model: "m", messages, stream: true })) break; },
};
const toTheEnd = { "ollama, break": true, "ollama, abort()": false, "openai, break": false };
let changed = false;
for (const [name, run] of Object.entries(clients)) {
    const { base, sent, server } = await serve();
    await run(base);
    const pieces = await sent;
    const same = (pieces === 60) === toTheEnd[name];
    changed ||= !same;
    console.log(`${name}: the server had sent ${pieces} of 60 pieces when the connection closed${same ? "" : "   CHANGED"}`);
    server.closeAllConnections();
    server.close();
}
process.exit(changed ? 1 : 0);
JS
node show.mjs
