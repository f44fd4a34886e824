// Runs one client library, as its users call it.
//   node client.mjs NAME
// A line of standard input is a request: {"id", "do": "chat" | "stream" | "embed" | "tools" | "object", "base", "model", "messages" |
// "texts" | "questions", "maxTokens", "choice", "stream", "seed"}, or {"cancel": id}. Lines of standard output tell what comes of it: {"id", "piece"} for each piece of
// a stream, at the end {"id", "said"}, {"id", "vectors"}, {"id", "object"} or {"id", "error"}. A stream is left after {"leave"} pieces.
import readline from "node:readline";

const client = await import(`./${process.argv[2]}.mjs`);
const running = new Map();
const tell = line => process.stdout.write(JSON.stringify(line) + "\n");

async function answer(request) {
    const { id } = request;
    const abort = new AbortController();
    running.set(id, abort);
    let pieces = 0;
    // Returns whether the reader stays.
    const piece = text => {
        if (text) {
            pieces++;
            tell({ id, piece: text });
        }
        return !request.leave || pieces < request.leave;
    };
    try {
        switch (request.do) {
            case "chat": tell({ id, said: await client.chat(request) }); break;
            case "stream": tell({ id, said: await client.stream(request, piece, abort.signal) }); break;
            case "tools": tell({ id, said: await client.tools(request) }); break;
            case "object": tell({ id, object: await client.object(request) }); break;
            case "embed": tell({ id, vectors: await client.embed(request) }); break;
        }
    } catch (error) {
        tell({ id, error: `${error?.name}: ${error?.message}` });
    } finally {
        running.delete(id);
    }
}

readline.createInterface({ input: process.stdin }).on("line", line => {
    const request = JSON.parse(line);
    if (request.cancel) {
        running.get(request.cancel)?.abort();
    } else {
        answer(request);
    }
}).on("close", () => process.exit(0));
