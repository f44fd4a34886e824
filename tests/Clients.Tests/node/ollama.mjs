import { Ollama } from "ollama";

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
