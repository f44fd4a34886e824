import { ChatOpenAI, OpenAIEmbeddings } from "@langchain/openai";
import { HumanMessage } from "@langchain/core/messages";
import { tool } from "@langchain/core/tools";
import { descriptions, functions, zods } from "./tools.mjs";
import { Visit, maxTokens, question } from "./visit.mjs";

const model = ({ base, model, maxTokens }) => new ChatOpenAI({ model, maxTokens, apiKey: "none", configuration: { baseURL: `${base}/v1` } });

const turns = messages => messages.map(({ role, content }) => [role, content]);

const said = message => ({
    text: message.content, finish: message.response_metadata.finish_reason,
    promptTokens: message.usage_metadata?.input_tokens, answerTokens: message.usage_metadata?.output_tokens,
});

export const chat = async request => said(await model(request).invoke(turns(request.messages)));

export async function stream(request, piece, signal) {
    let whole;
    for await (const chunk of await model(request).stream(turns(request.messages), { signal })) {
        whole = whole ? whole.concat(chunk) : chunk;
        if (!piece(chunk.content)) break;
    }
    return said(whole);
}

export const embed = ({ base, model, texts }) =>
    new OpenAIEmbeddings({ model, apiKey: "none", configuration: { baseURL: `${base}/v1` } }).embedDocuments(texts);

export async function tools(request) {
    const run = functions(), messages = [];
    const offered = Object.fromEntries(Object.keys(zods).map(name => [name, tool(run[name], { name, description: descriptions[name], schema: zods[name] })]));
    let text;
    for (const question of request.questions) {
        messages.push(new HumanMessage(question));
        for (let tool_choice = request.choice, called = true; called; tool_choice = "auto") {
            const bound = model(request).bindTools(Object.values(offered), { tool_choice });
            let message;
            if (request.stream) {
                for await (const chunk of await bound.stream(messages)) message = message ? message.concat(chunk) : chunk;
            } else {
                message = await bound.invoke(messages);
            }
            messages.push(message);
            text = message.content;
            called = message.tool_calls.length > 0;
            for (const call of message.tool_calls) messages.push(await offered[call.name].invoke(call));
        }
    }
    return { text, calls: run.calls };
}

export async function object({ base, model: name, stream, seed }) {
    const chat = model({ base, model: name, maxTokens }).withStructuredOutput(Visit, { name: "visit" }).withConfig({ seed });
    let visit;
    if (stream) for await (const part of await chat.stream(question)) visit = part;
    else visit = await chat.invoke(question);
    return Visit.parse(visit);
}
