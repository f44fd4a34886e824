// The functions that models may call, and what was called.
import { z } from "zod";

export function functions() {
    const calls = [];
    return {
        calls,
        weather({ city, days }) {
            calls.push(`weather ${city} ${days}`);
            return `21 degrees in ${city} for ${days} days`;
        },
        now() {
            calls.push("now");
            return "noon";
        },
    };
}

export const descriptions = { weather: "Tells the weather in a city.", now: "Tells the time." };

export const zods = { weather: z.object({ city: z.string().max(12), days: z.int().min(1).max(9) }), now: z.object({}) };

export const schemas = {
    weather: { type: "object", properties: { city: { type: "string", maxLength: 12 }, days: { type: "integer", minimum: 1, maximum: 9 } }, required: ["city", "days"], additionalProperties: false },
    now: { type: "object", properties: {}, additionalProperties: false },
};

// A chat's, in the form of OpenAI's and Ollama's.
export const tools = Object.keys(schemas).map(name => ({ type: "function", function: { name, description: descriptions[name], parameters: schemas[name] } }));
