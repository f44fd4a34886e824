import Anthropic from "@anthropic-ai/sdk";

const client = ({ base }) => new Anthropic({ baseURL: base, apiKey: "none" });

const asked = ({ model, messages, maxTokens }) => ({
    model, max_tokens: maxTokens,
    system: messages.filter(message => message.role === "system").map(message => ({ type: "text", text: message.content })),
    messages: messages.filter(message => message.role !== "system"),
});

// Tokens of the prompt that were not evaluated again stand apart.
const said = message => ({
    text: message.content.map(block => block.text).join(""), finish: message.stop_reason,
    promptTokens: message.usage.input_tokens + (message.usage.cache_read_input_tokens ?? 0), answerTokens: message.usage.output_tokens,
});

export const chat = async request => said(await client(request).messages.create(asked(request)));

export async function stream(request, piece, signal) {
    const events = client(request).messages.stream(asked(request), { signal });
    let text = "";
    for await (const event of events) {
        if (event.type !== "content_block_delta") continue;
        text += event.delta.text;
        if (!piece(event.delta.text)) return { text };
    }
    return said(await events.finalMessage());
}
