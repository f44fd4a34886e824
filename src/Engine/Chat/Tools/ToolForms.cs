namespace Engine.Chat.Tools;

/// <summary>Recognises the form of a model's tool calls by the marks in its chat template: those of known families, or else whatever marks
/// it writes around a sample call.</summary>
internal static class ToolForms
{
    /// <summary>The form of a template.</summary>
    /// <param name="template">Its text.</param>
    /// <param name="knows">Whether it uses the tools or calls. If not, our own preamble describes them and asks for Hermes' form.</param>
    /// <param name="sample">For a template without known markers: renders sample calls with it; returns null if the output contains no readable call.</param>
    /// <param name="spelled">The same for templates that write arguments one by one.</param>
    public static ToolForm Of(string template, bool knows, Func<ToolSample?> sample, Func<SpelledSample?> spelled)
    {
        if (Has(HarmonyForm.Channel) && Has(HarmonyForm.Message))
        {
            return HarmonyForm.Instance;
        }
        if (!knows)
        {
            return MarkedForm.Hermes;
        }
        return Has(DeepSeekForm.Begin) ? new DeepSeekForm(Has("```json"))
            : Has("[TOOL_CALLS]") ? MistralForm.Of(template)
            : spelled() is { } tags && SpelledForm.Of(tags) is { } form ? form
            : Has("<tool_call>") ? MarkedForm.Hermes
            : Has("<|tool_call|>") ? new ListForm("<|tool_call|>", Has("<|/tool_call|>") ? "<|/tool_call|>" : "")
            : Has("<|python_tag|>") || (Has("ipython") && Has("\"parameters\"")) ? LlamaForm.Instance
            : sample() is { } written ? SampledForm.Of(written)
            : new BareForm(Has("\"parameters\": ") && !Has("\"arguments\"") ? "parameters" : "arguments");

        bool Has(string mark) => template.Contains(mark, StringComparison.Ordinal);
    }
}
