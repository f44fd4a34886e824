import { Ollama } from "ollama";
import { functions, tools as offered } from "./tools.mjs";
import { z } from "zod";
import { Visit, maxTokens, question } from "./visit.mjs";

const asked = ({ model, messages, maxTokens }) => ({ model, messages, options: { num_predict: maxTokens } });

const said = (text, last) => ({ text, finish: last?.done_reason, promptTokens: last?.prompt_eval_count, answerTokens: last?.eval_count });

export async function chat(request) {
    const answer = await new Ollama({ host: request.base }).chat(asked(request));
    return said(answer.message.content, answer);
}

export async function stream(request, piece, signal) {
    const parts = await new Ollama({ host: request.base }).chat({ ...asked(request), stream: true });
    signal.addEventListener("abort", () => parts.abort());
    let text = "", last;
    for await (const part of parts) {
        text += part.message.content;
        last = part;
        if (!piece(part.message.content)) break;
    }
    return said(text, last);
}

export const embed = async ({ base, model, texts }) => (await new Ollama({ host: base }).embed({ model, input: texts })).embeddings;

// There is no choice of tools.
export async function tools({ base, model, questions, stream }) {
    const run = functions(), messages = [], client = new Ollama({ host: base });
    let text;
    for (const content of questions) {
        messages.push({ role: "user", content });
        for (let called = true; called;) {
            const message = { role: "assistant", content: "", tool_calls: [] };
            const answer = await client.chat({ model, messages, tools: offered, stream });
            for await (const part of stream ? answer : [answer]) {
                message.content += part.message.content;
                message.tool_calls.push(...part.message.tool_calls ?? []);
            }
            messages.push(message);
            text = message.content;
            called = message.tool_calls.length > 0;
            for (const call of message.tool_calls) {
                messages.push({ role: "tool", tool_name: call.function.name, content: run[call.function.name](call.function.arguments) });
            }
        }
    }
    return { text, calls: run.calls };
}

export async function object({ base, model, stream, seed }) {
    const answer = await new Ollama({ host: base }).chat({
        model, stream, format: z.toJSONSchema(Visit), options: { num_predict: maxTokens, seed }, messages: [{ role: "user", content: question }],
    });
    let text = "";
    for await (const part of stream ? answer : [answer]) text += part.message.content;
    return Visit.parse(JSON.parse(text));
}
