// What the clients of npm's ai have in common; each brings its models.
import { Output, embedMany, generateText, isStepCount, streamText, tool } from "ai";
import { descriptions, functions, zods } from "./tools.mjs";
import { Visit, maxTokens, question } from "./visit.mjs";

// A system message stands apart, as `ai` wants it.
const prompt = ({ messages, maxTokens }) => ({
    instructions: messages.find(message => message.role === "system")?.content,
    messages: messages.filter(message => message.role !== "system"),
    maxOutputTokens: maxTokens,
});

const said = (text, finish, usage) => ({ text, finish, promptTokens: usage?.inputTokens, answerTokens: usage?.outputTokens });

export async function chat(model, request) {
    const answer = await generateText({ model, ...prompt(request) });
    return said(answer.text, answer.finishReason, answer.usage);
}

export async function stream(model, request, piece, signal) {
    const answer = streamText({ model, ...prompt(request), abortSignal: signal, onError() { } });
    let text = "", finish, usage;
    for await (const part of answer.fullStream) {
        if (part.type === "error") throw part.error;
        if (part.type === "abort") break;
        if (part.type === "finish") ({ finishReason: finish, totalUsage: usage } = part);
        if (part.type === "text-delta") {
            text += part.text;
            if (!piece(part.text)) break;
        }
    }
    return said(text, finish, usage);
}

export const embed = async (model, { texts }) => (await embedMany({ model, values: texts })).embeddings;

export async function tools(model, { questions, choice, stream }) {
    const run = functions(), messages = [];
    const offered = Object.fromEntries(Object.keys(zods).map(name => [name, tool({ description: descriptions[name], inputSchema: zods[name], execute: input => run[name](input) })]));
    let text;
    for (const content of questions) {
        messages.push({ role: "user", content });
        // A choice holds for every step.
        const asked = {
            model, messages, tools: offered, stopWhen: isStepCount(choice === "auto" ? 5 : 1),
            toolChoice: choice === "weather" ? { type: "tool", toolName: "weather" } : choice,
        };
        if (stream) {
            const answer = streamText({ ...asked, onError() { } });
            for await (const part of answer.fullStream) if (part.type === "error") throw part.error;
            text = await answer.text;
            messages.push(...await answer.responseMessages);
        } else {
            const answer = await generateText(asked);
            text = answer.text;
            messages.push(...answer.responseMessages);
        }
    }
    return { text, calls: run.calls };
}

export async function object(model, { stream, seed }) {
    const asked = { model, seed, prompt: question, maxOutputTokens: maxTokens, output: Output.object({ schema: Visit }) };
    if (!stream) return (await generateText(asked)).output;
    const answer = streamText({ ...asked, onError() { } });
    for await (const part of answer.fullStream) if (part.type === "error") throw part.error;
    return await answer.output;
}
