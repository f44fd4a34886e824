import Anthropic from "@anthropic-ai/sdk";
import { descriptions, functions, schemas } from "./tools.mjs";
import { z } from "zod";
import { Visit, maxTokens, question } from "./visit.mjs";

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

const choices = { auto: { type: "auto" }, none: { type: "none" }, required: { type: "any" }, weather: { type: "tool", name: "weather" } };

export async function tools(request) {
    const { model, questions, choice, stream } = request;
    const run = functions(), messages = [];
    let text;
    for (const content of questions) {
        messages.push({ role: "user", content });
        for (let tool_choice = choices[choice], called = true; called; tool_choice = choices.auto) {
            const body = {
                model, max_tokens: 500, messages, tool_choice,
                tools: Object.keys(schemas).map(name => ({ name, description: descriptions[name], input_schema: schemas[name] })),
            };
            const message = stream ? await client(request).messages.stream(body).finalMessage() : await client(request).messages.create(body);
            messages.push({ role: "assistant", content: message.content });
            text = message.content.filter(block => block.type === "text").map(block => block.text).join("");
            called = message.stop_reason === "tool_use";
            const results = message.content.filter(block => block.type === "tool_use")
                .map(call => ({ type: "tool_result", tool_use_id: call.id, content: run[call.name](call.input) }));
            if (results.length > 0) messages.push({ role: "user", content: results });
        }
    }
    return { text, calls: run.calls };
}

export async function object(request) {
    const { model, stream } = request;
    // Not by zodOutputFormat, which writes patterns and bounds into descriptions.
    const format = { type: "json_schema", schema: z.toJSONSchema(Visit) };
    const body = { model, max_tokens: maxTokens, messages: [{ role: "user", content: question }], output_config: { format } };
    const message = stream ? await client(request).messages.stream(body).finalMessage() : await client(request).messages.create(body);
    return Visit.parse(JSON.parse(message.content[0].text));
}
