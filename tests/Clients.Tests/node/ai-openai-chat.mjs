// openai.chat(): /v1/chat/completions.
import { createOpenAI } from "@ai-sdk/openai";
import * as ai from "./ai.mjs";

const openai = ({ base }) => createOpenAI({ baseURL: `${base}/v1`, apiKey: "none" });

export const chat = request => ai.chat(openai(request).chat(request.model), request);
export const stream = (request, piece, signal) => ai.stream(openai(request).chat(request.model), request, piece, signal);
export const embed = request => ai.embed(openai(request).embedding(request.model), request);
export const tools = request => ai.tools(openai(request).chat(request.model), request);
export const object = request => ai.object(openai(request).chat(request.model), request);
