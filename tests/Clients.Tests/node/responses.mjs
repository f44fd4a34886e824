// npm openai, over /v1/responses.
import OpenAI from "openai";
import { functions, tools as offered } from "./tools.mjs";
import { zodTextFormat } from "openai/helpers/zod";
import { Visit, maxTokens, question } from "./visit.mjs";

const client = base => new OpenAI({ baseURL: `${base}/v1`, apiKey: "none" });

const said = response => ({
    text: response.output_text, finish: response.incomplete_details?.reason ?? response.status,
    promptTokens: response.usage?.input_tokens, answerTokens: response.usage?.output_tokens,
});

export async function chat({ base, model, messages, maxTokens }) {
    return said(await client(base).responses.create({ model, input: messages, max_output_tokens: maxTokens }));
}

export async function stream({ base, model, messages, maxTokens }, piece, signal) {
    const events = client(base).responses.stream({ model, input: messages, max_output_tokens: maxTokens }, { signal });
    for await (const event of events) {
        if (event.type === "error") throw new Error(event.message);
        if (event.type === "response.output_text.delta" && !piece(event.delta)) return { text: event.delta };
    }
    return said(await events.finalResponse());
}

const choices = { auto: "auto", none: "none", required: "required", weather: { type: "function", name: "weather" } };

export async function tools({ base, model, questions, choice, stream }) {
    const run = functions(), input = [];
    let text;
    for (const content of questions) {
        input.push({ role: "user", content });
        for (let tool_choice = choices[choice], called = true; called; tool_choice = "auto") {
            const body = { model, input, tools: offered.map(tool => ({ type: "function", strict: null, ...tool.function })), tool_choice };
            const response = stream ? await client(base).responses.stream(body).finalResponse() : await client(base).responses.create(body);
            input.push(...response.output);
            text = response.output_text;
            const calls = response.output.filter(item => item.type === "function_call");
            for (const call of calls) {
                input.push({ type: "function_call_output", call_id: call.call_id, output: run[call.name](JSON.parse(call.arguments)) });
            }
            called = calls.length > 0;
        }
    }
    return { text, calls: run.calls };
}

export async function object({ base, model, stream, seed }) {
    const body = { model, seed, max_output_tokens: maxTokens, input: question, text: { format: zodTextFormat(Visit, "visit") } };
    const response = stream ? await client(base).responses.stream(body).finalResponse() : await client(base).responses.parse(body);
    return response.output_parsed;
}
