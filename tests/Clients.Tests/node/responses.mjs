// npm openai, over /v1/responses.
import OpenAI from "openai";

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
