// What a program may want to know, in zod's words.
import { z } from "zod";

const room = z.object({ name: z.string(), things: z.array(z.string()).max(2) });

export const Visit = z.object({
    title: z.string().min(2).max(12),
    at: z.iso.datetime(),
    booked: z.iso.date(),
    id: z.uuid(),
    email: z.email(),
    code: z.string().regex(/^[a-z]{2}-\d{3}$/),
    mood: z.enum(["calm", "curious", "cross"]),
    later: z.enum(["calm", "cross"]).nullable(),
    steps: z.int().min(0).max(100),
    weight: z.number().positive().max(50),
    over: z.boolean(),
    rooms: z.array(room).min(1).max(3),
    animal: z.union([z.object({ kind: z.literal("cat"), lives: z.int().min(0).max(9) }), z.object({ kind: z.literal("dog"), barks: z.boolean() })]),
});

export const question = "One rainy day, Peter was in the garden.";

export const maxTokens = 450;
