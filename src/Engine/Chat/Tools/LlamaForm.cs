using System.Text.Json;

namespace Engine.Chat.Tools;

/// <summary>Calls of Llama 3.1 and later: <c>{"name": …, "parameters": …}</c>, bare or after <c>&lt;|python_tag|&gt;</c>. This mark may also
/// be followed by calls in Python (<c>search.call(query="…")</c>) or by code for the tool that runs it.</summary>
internal sealed class LlamaForm : BareForm
{
    private const string Tag = "<|python_tag|>";

    // The names by which models know the tools that run code.
    private static readonly string[] Interpreters = ["python", "ipython", "code_interpreter"];

    private LlamaForm() : base("parameters")
    {
    }

    public static LlamaForm Instance { get; } = new();

    public override IReadOnlyList<string> Triggers { get; } = [Tag];

    public override CallHead Head(ReadOnlySpan<char> head) => base.Head(head) is var kind and not CallHead.Broken ? kind : CallHead.Rest;

    public override IReadOnlyList<WrittenCall>? Read(string head, JsonElement? json, ToolSet tools)
    {
        if (json is not null)
        {
            return base.Read(head, json, tools);
        }
        string code = head.Trim();
        return PythonCall.Read(code) is { } call && tools.Callable.Any(tool => tool.Name == call.Name) ? [call]
            : tools.Callable.FirstOrDefault(tool => Interpreters.Contains(tool.Name)) is { } interpreter
                ? [new WrittenCall(interpreter.Name, CallJson.Compact(CallJson.Write(writer =>
                {
                    writer.WriteStartObject();
                    writer.WriteString("code", CallJson.Utf8(code));
                    writer.WriteEndObject();
                })))]
            : null;
    }
}
