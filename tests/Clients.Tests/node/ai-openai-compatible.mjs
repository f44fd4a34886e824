import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import * as ai from "./ai.mjs";

const server = ({ base }) => createOpenAICompatible({ name: "engine", baseURL: `${base}/v1`, includeUsage: true, supportsStructuredOutputs: true });

export const chat = request => ai.chat(server(request)(request.model), request);
export const stream = (request, piece, signal) => ai.stream(server(request)(request.model), request, piece, signal);
export const embed = request => ai.embed(server(request).embeddingModel(request.model), request);
export const tools = request => ai.tools(server(request)(request.model), request);
export const object = request => ai.object(server(request)(request.model), request);
