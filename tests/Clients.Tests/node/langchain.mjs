import { ChatOpenAI, OpenAIEmbeddings } from "@langchain/openai";

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
