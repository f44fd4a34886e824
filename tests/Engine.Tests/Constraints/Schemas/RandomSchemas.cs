using System.Text.Json.Nodes;

namespace Engine.Tests.Constraints.Schemas;

/// <summary>Random schemas and random values over few names and constants, so that keywords meet each other and values meet schemas.</summary>
internal sealed class RandomSchemas(int seed)
{
    private static readonly string[] Names = ["a", "b", "c", "ab"];
    private static readonly string[] Strings = ["", "a", "ab", "abc", "b1", "12", "éß"];
    private static readonly string[] Patterns = ["^a", "b$", "^[a-c]*$", "1", "^.{2}$"];
    private static readonly string[] Types = ["null", "boolean", "integer", "number", "string", "array", "object"];

    private readonly Random _random = new(seed);

    public JsonNode Schema(int depth = 3)
    {
        if (depth == 0 || _random.Next(8) == 0)
        {
            return _random.Next(4) switch
            {
                0 => JsonValue.Create(true),
                1 => new JsonObject { ["type"] = Pick(Types) },
                2 => new JsonObject { ["const"] = Value(1) },
                _ => new JsonObject { ["enum"] = Many(() => Value(1), 1, 4) },
            };
        }
        JsonObject schema = [];
        for (int i = _random.Next(1, 5); i > 0; i--)
        {
            Add(schema, depth - 1);
        }
        return schema;
    }

    public JsonNode? Value(int depth = 3) => _random.Next(depth == 0 ? 6 : 9) switch
    {
        0 => null,
        1 => JsonValue.Create(_random.Next(2) == 0),
        2 => JsonValue.Create(_random.Next(-2, 8)),
        3 => JsonValue.Create(_random.Next(-4, 12) / 2m + 0.25m),
        4 or 5 => JsonValue.Create(Pick(Strings)),
        6 => Many(() => Value(depth - 1), 0, 4),
        _ => Object(() => Value(depth - 1)),
    };

    private void Add(JsonObject schema, int depth)
    {
        switch (_random.Next(30))
        {
            case 0 or 1 or 2:
                schema["type"] = _random.Next(3) == 0 ? Many(() => Pick(Types), 1, 3, true) : Pick(Types);
                break;
            case 3 or 4 or 5:
                schema["properties"] = Object(() => Schema(depth));
                break;
            case 6:
                schema["required"] = Many(() => Pick(Names), 0, 3, true);
                break;
            case 7:
                schema["additionalProperties"] = _random.Next(2) == 0 ? JsonValue.Create(false) : Schema(depth);
                break;
            case 8:
                schema["patternProperties"] = new JsonObject { [Pick(Patterns)] = Schema(depth) };
                break;
            case 9:
                schema["propertyNames"] = new JsonObject { ["pattern"] = Pick(Patterns) };
                break;
            case 10:
                schema[_random.Next(2) == 0 ? "minProperties" : "maxProperties"] = _random.Next(4);
                break;
            case 11:
                schema["dependentRequired"] = new JsonObject { [Pick(Names)] = Many(() => Pick(Names), 0, 2, true) };
                break;
            case 12:
                schema["dependentSchemas"] = new JsonObject { [Pick(Names)] = Schema(depth) };
                break;
            case 13 or 14:
                schema["items"] = Schema(depth);
                break;
            case 15:
                schema["prefixItems"] = Many(() => Schema(depth), 1, 3);
                break;
            case 16:
                schema[_random.Next(2) == 0 ? "minItems" : "maxItems"] = _random.Next(4);
                break;
            case 17:
                schema["contains"] = Schema(depth);
                if (_random.Next(3) == 0)
                {
                    schema["minContains"] = _random.Next(3);
                }
                if (_random.Next(3) == 0)
                {
                    schema["maxContains"] = _random.Next(1, 4);
                }
                break;
            case 18:
                schema["uniqueItems"] = true;
                break;
            case 19:
                schema[Pick(["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"])] = _random.Next(-2, 6) / 2m;
                break;
            case 20:
                schema["multipleOf"] = Pick([0.5m, 2m, 3m]);
                break;
            case 21:
                schema[_random.Next(2) == 0 ? "minLength" : "maxLength"] = _random.Next(4);
                break;
            case 22:
                schema["pattern"] = Pick(Patterns);
                break;
            case 23:
                schema["allOf"] = Many(() => Schema(depth), 1, 3);
                break;
            case 24:
                schema["anyOf"] = Many(() => Schema(depth), 1, 4);
                break;
            case 25:
                schema["oneOf"] = Many(() => Schema(depth), 1, 4);
                break;
            case 26:
                schema["not"] = Schema(depth);
                break;
            case 27:
                schema["if"] = Schema(depth);
                schema["then"] = Schema(depth);
                schema["else"] = Schema(depth);
                break;
            case 28:
                schema["unevaluatedProperties"] = _random.Next(2) == 0 ? JsonValue.Create(false) : Schema(depth);
                break;
            default:
                schema["unevaluatedItems"] = _random.Next(2) == 0 ? JsonValue.Create(false) : Schema(depth);
                break;
        }
    }

    private T Pick<T>(T[] all) => all[_random.Next(all.Length)];

    private JsonArray Many(Func<JsonNode?> make, int min, int max, bool distinct = false)
    {
        JsonArray many = [];
        HashSet<string> known = [];
        for (int i = _random.Next(min, max); i > 0; i--)
        {
            JsonNode? one = make();
            if (!distinct || known.Add(one!.ToJsonString()))
            {
                many.Add(one);
            }
        }
        return many.Count < min ? Many(make, min, max, distinct) : many;
    }

    private JsonObject Object(Func<JsonNode?> make)
    {
        JsonObject some = [];
        for (int i = _random.Next(4); i > 0; i--)
        {
            some[Pick(Names)] = make();
        }
        return some;
    }
}
