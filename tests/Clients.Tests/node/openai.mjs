import OpenAI from "openai";

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
