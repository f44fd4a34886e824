import OpenAI from "openai";
import { functions, tools as offered } from "./tools.mjs";
import { zodResponseFormat } from "openai/helpers/zod";
import { Visit, maxTokens, question } from "./visit.mjs";

const client = base => new OpenAI({ baseURL: `${base}/v1`, apiKey: "none" });

const said = (text, finish, usage) => ({ text, finish, promptTokens: usage?.prompt_tokens, answerTokens: usage?.completion_tokens });

export async function chat({ base, model, messages, maxTokens }) {
    const answer = await client(base).chat.completions.create({ model, messages, max_completion_tokens: maxTokens });
    return said(answer.choices[0].message.content, answer.choices[0].finish_reason, answer.usage);
}

export async function stream({ base, model, messages, maxTokens }, piece, signal) {
    const chunks = await client(base).chat.completions.create(
        { model, messages, max_completion_tokens: maxTokens, stream: true, stream_options: { include_usage: true } }, { signal });
    let text = "", finish, usage, answer;
    for await (const chunk of chunks) {
        if ((answer ??= chunk.id) !== chunk.id) throw new Error(`two ids in one answer: ${answer}, ${chunk.id}`);
        if (usage && chunk.usage) throw new Error("usage came twice");
        usage ??= chunk.usage;
        const choice = chunk.choices[0];
        text += choice?.delta.content ?? "";
        finish ??= choice?.finish_reason;
        if (!piece(choice?.delta.content)) break;
    }
    return said(text, finish, usage);
}

export async function embed({ base, model, texts }) {
    const answer = await client(base).embeddings.create({ model, input: texts });
    return answer.data.map(each => each.embedding);
}

const choices = { auto: "auto", none: "none", required: "required", weather: { type: "function", function: { name: "weather" } } };

export async function tools({ base, model, questions, choice, stream }) {
    const run = functions(), messages = [];
    let text;
    for (const content of questions) {
        messages.push({ role: "user", content });
        const body = { model, messages, tools: offered, tool_choice: choices[choice] };
        if (choice === "auto") {
            const ran = client(base).chat.completions.runTools({
                ...body, stream, tools: offered.map(tool => ({ ...tool, function: { ...tool.function, parse: JSON.parse, function: run[tool.function.name] } })),
            });
            text = await ran.finalContent();
            messages.splice(0, messages.length, ...ran.messages);
            continue;
        }
        const answer = stream ? await client(base).chat.completions.stream(body).finalChatCompletion() : await client(base).chat.completions.create(body);
        const message = answer.choices[0].message;
        text = message.content ?? "";
        messages.push(message);
        for (const call of message.tool_calls ?? []) {
            messages.push({ role: "tool", tool_call_id: call.id, content: run[call.function.name](JSON.parse(call.function.arguments)) });
        }
    }
    return { text, calls: run.calls };
}

export async function object({ base, model, stream, seed }) {
    const body = { model, seed, max_completion_tokens: maxTokens, messages: [{ role: "user", content: question }], response_format: zodResponseFormat(Visit, "visit") };
    const answer = stream ? await client(base).chat.completions.stream(body).finalChatCompletion() : await client(base).chat.completions.parse(body);
    return answer.choices[0].message.parsed;
}
