namespace Engine.Api.Documents;

/// <summary>Working requests by what they demonstrate.</summary>
internal static class Examples
{
    private const string Said = """[{"role": "user", "content": "Once upon a time"}]""";

    private const string Schema = """{"type": "object", "properties": {"hero": {"type": "string", "maxLength": 20}, "age": {"type": "integer", "minimum": 1, "maximum": 99}}, "required": ["hero", "age"]}""";

    private const string Function = $$"""{"name": "remember", "description": "Remembers a hero.", "parameters": {{Schema}} }""";

    /// <summary>For chat completions.</summary>
    public static IReadOnlyDictionary<string, string> Chat { get; } = new Dictionary<string, string>
    {
        ["schema"] = $$"""{"messages": {{Said}}, "max_tokens": 64, "finish": "always_valid", "response_format": {"type": "json_schema", "json_schema": {"name": "hero", "schema": {{Schema}} } } }""",
        ["tools"] = $$"""{"messages": {{Said}}, "max_tokens": 100, "finish": "always_valid", "tools": [{"type": "function", "function": {{Function}} }], "tool_choice": "required"}""",
        ["choice"] = $$"""{"messages": {{Said}}, "choice": ["yes", "no"]}""",
    };

    /// <summary>For completions.</summary>
    public static IReadOnlyDictionary<string, string> Completion { get; } = new Dictionary<string, string>
    {
        ["regex"] = """{"prompt": "Once upon a time", "max_tokens": 32, "regex": "[A-Z][a-z]{1,9}( [a-z]{1,9}){0,4}\\."}""",
        ["grammar"] = """{"prompt": "Once upon a time", "max_tokens": 32, "grammar": "root ::= (\"yes\" | \"no\") \".\""}""",
    };

    /// <summary>For responses.</summary>
    public static IReadOnlyDictionary<string, string> Response { get; } = new Dictionary<string, string>
    {
        ["schema"] = $$"""{"input": "Once upon a time", "max_output_tokens": 64, "finish": "always_valid", "text": {"format": {"type": "json_schema", "name": "hero", "schema": {{Schema}} } } }""",
        ["tools"] = $$"""{"input": "Once upon a time", "max_output_tokens": 100, "finish": "always_valid", "tools": [{"type": "function", "name": "remember", "parameters": {{Schema}} }], "tool_choice": "required"}""",
    };

    /// <summary>For Anthropic's messages.</summary>
    public static IReadOnlyDictionary<string, string> Message { get; } = new Dictionary<string, string>
    {
        ["schema"] = $$"""{"messages": {{Said}}, "max_tokens": 64, "finish": "always_valid", "output_config": {"format": {"type": "json_schema", "schema": {{Schema}} } } }""",
        ["tools"] = $$"""{"messages": {{Said}}, "max_tokens": 100, "finish": "always_valid", "tools": [{"name": "remember", "input_schema": {{Schema}} }], "tool_choice": {"type": "any"} }""",
    };

    /// <summary>For Ollama's chats.</summary>
    public static IReadOnlyDictionary<string, string> OllamaChat { get; } = new Dictionary<string, string>
    {
        ["schema"] = $$"""{"messages": {{Said}}, "stream": false, "finish": "always_valid", "options": {"num_predict": 64}, "format": {{Schema}} }""",
        ["tools"] = $$"""{"messages": {{Said}}, "stream": false, "options": {"num_predict": 64}, "tools": [{"type": "function", "function": {{Function}} }]}""",
    };

    /// <summary>For Ollama's generations.</summary>
    public static IReadOnlyDictionary<string, string> OllamaGenerate { get; } = new Dictionary<string, string>
    {
        ["json"] = """{"prompt": "Once upon a time", "stream": false, "finish": "always_valid", "options": {"num_predict": 64}, "format": "json"}""",
    };
}
