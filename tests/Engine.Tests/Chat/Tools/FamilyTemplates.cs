using System.Text.Json;
using Engine.Chat;
using Engine.Chat.Tools;

namespace Engine.Tests.Chat.Tools;

/// <summary>Chat templates that write calls as those of published families do, in a few lines each.</summary>
internal static class FamilyTemplates
{
    public const string Hermes = """
        {%- if tools %}{{ '<|im_start|>system\n<tools>' }}{% for tool in tools %}{{ '\n' }}{{ tool | tojson }}{% endfor %}{{ '\n</tools><|im_end|>\n' }}{% endif %}
        {%- for m in messages %}
            {%- if m.role == 'tool' %}
                {{- '<|im_start|>user\n<tool_response>\n' + m.content + '\n</tool_response><|im_end|>\n' }}
            {%- else %}
                {{- '<|im_start|>' + m.role + '\n' + (m.content or '') }}
                {%- for c in m.tool_calls or [] %}
                    {%- if m.content or not loop.first %}{{- '\n' }}{% endif %}
                    {{- '<tool_call>\n{"name": "' + c.function.name + '", "arguments": ' + c.function.arguments | tojson + '}\n</tool_call>' }}
                {%- endfor %}
                {{- '<|im_end|>\n' }}
            {%- endif %}
        {%- endfor %}
        {%- if add_generation_prompt %}{{- '<|im_start|>assistant\n' }}{% endif %}
        """;

    public const string Llama = """
        {{- '<|begin_of_text|>' }}{%- for t in tools or [] %}{{- t | tojson(indent=4) + '\n\n' }}{% endfor %}
        {%- for m in messages %}
            {%- if m.tool_calls %}
                {%- if m.tool_calls | length != 1 %}{{- raise_exception('This model only supports single tool-calls at once!') }}{% endif %}
                {{- '<|start_header_id|>assistant<|end_header_id|>\n\n{"name": "' + m.tool_calls[0].function.name + '", "parameters": ' + m.tool_calls[0].function.arguments | tojson + '}<|eot_id|>' }}
            {%- elif m.role == 'tool' %}
                {{- '<|start_header_id|>ipython<|end_header_id|>\n\n' + m.content + '<|eot_id|>' }}
            {%- else %}
                {{- '<|start_header_id|>' + m.role + '<|end_header_id|>\n\n' + m.content + '<|eot_id|>' }}
            {%- endif %}
        {%- endfor %}
        {%- if add_generation_prompt %}{{- '<|start_header_id|>assistant<|end_header_id|>\n\n' }}{% endif %}
        """;

    public const string MistralList = """
        {{- '<s>' }}{%- if tools %}{{- '[AVAILABLE_TOOLS] ' + tools | tojson + '[/AVAILABLE_TOOLS]' }}{% endif %}
        {%- for m in messages %}
            {%- if m.role == 'user' %}{{- '[INST] ' + m.content + '[/INST]' }}
            {%- elif m.role == 'system' %}{{- raise_exception('Only user and assistant roles are supported!') }}
            {%- elif m.tool_calls %}
                {{- '[TOOL_CALLS] [' }}
                {%- for c in m.tool_calls %}
                    {%- if c.id | length != 9 %}{{- raise_exception('Tool call IDs should be alphanumeric strings with length 9!') }}{% endif %}
                    {{- '{"name": "' + c.function.name + '", "arguments": ' + c.function.arguments | tojson + '}' }}{{ ', ' if not loop.last else ']</s>' }}
                {%- endfor %}
            {%- elif m.role == 'tool' %}
                {%- if m.tool_call_id | length != 9 %}{{- raise_exception('Tool call IDs should be alphanumeric strings with length 9!') }}{% endif %}
                {{- '[TOOL_RESULTS] {"content": ' + m.content + ', "call_id": "' + m.tool_call_id + '"}[/TOOL_RESULTS]' }}
            {%- else %}{{- ' ' + m.content + '</s>' }}{% endif %}
        {%- endfor %}
        """;

    public const string MistralNamed = """
        {{- '<s>' }}{%- if tools %}{{- '[AVAILABLE_TOOLS]' + tools | tojson + '[/AVAILABLE_TOOLS]' }}{% endif %}
        {%- for m in messages %}
            {%- if m.role == 'user' %}{{- '[INST]' + m.content + '[/INST]' }}
            {%- elif m.tool_calls %}
                {%- for c in m.tool_calls %}{{- '[TOOL_CALLS]' + c.function.name + '[ARGS]' + c.function.arguments | tojson }}{% endfor %}{{- '</s>' }}
            {%- elif m.role == 'tool' %}{{- '[TOOL_RESULTS]' + m.content + '[/TOOL_RESULTS]' }}
            {%- else %}{{- m.content + '</s>' }}{% endif %}
        {%- endfor %}
        """;

    public const string DeepSeekFenced = """
        {{- '<｜begin▁of▁sentence｜>' }}{% if tools %}{{ tools | tojson }}{% endif %}
        {%- for m in messages %}
            {%- if m.role == 'user' %}{{- '<｜User｜>' + m.content }}
            {%- elif m.tool_calls %}
                {{- '<｜Assistant｜><｜tool▁calls▁begin｜>' }}
                {%- for c in m.tool_calls %}
                    {{- '<｜tool▁call▁begin｜>function<｜tool▁sep｜>' + c.function.name + '\n```json\n' + c.function.arguments | tojson + '\n```<｜tool▁call▁end｜>' }}{{ '\n' if not loop.last }}
                {%- endfor %}
                {{- '<｜tool▁calls▁end｜><｜end▁of▁sentence｜>' }}
            {%- elif m.role == 'tool' %}{{- '<｜tool▁output▁begin｜>' + m.content + '<｜tool▁output▁end｜>' }}
            {%- else %}{{- '<｜Assistant｜>' + m.content + '<｜end▁of▁sentence｜>' }}{% endif %}
        {%- endfor %}
        {%- if add_generation_prompt %}{{- '<｜Assistant｜>' }}{% endif %}
        """;

    public const string DeepSeekPlain = """
        {{- '<｜begin▁of▁sentence｜>' }}{% if tools %}{{ tools | tojson }}{% endif %}
        {%- for m in messages %}
            {%- if m.role == 'user' %}{{- '<｜User｜>' + m.content }}
            {%- elif m.tool_calls %}
                {{- '<｜Assistant｜></think><｜tool▁calls▁begin｜>' }}
                {%- for c in m.tool_calls %}{{- '<｜tool▁call▁begin｜>' + c.function.name + '<｜tool▁sep｜>' + c.function.arguments | tojson + '<｜tool▁call▁end｜>' }}{% endfor %}
                {{- '<｜tool▁calls▁end｜><｜end▁of▁sentence｜>' }}
            {%- elif m.role == 'tool' %}{{- '<｜tool▁output▁begin｜>' + m.content + '<｜tool▁output▁end｜>' }}
            {%- else %}{{- '<｜Assistant｜></think>' + m.content + '<｜end▁of▁sentence｜>' }}{% endif %}
        {%- endfor %}
        {%- if add_generation_prompt %}{{- '<｜Assistant｜></think>' }}{% endif %}
        """;

    public const string Harmony = """
        {%- for t in tools or [] %}{{- t | tojson }}{% endfor %}
        {%- for m in messages %}
            {%- if m.tool_calls %}{{- '<|start|>assistant<|channel|>commentary to=functions.' + m.tool_calls[0].function.name + ' <|constrain|>json<|message|>' + m.tool_calls[0].function.arguments | tojson + '<|call|>' }}
            {%- elif m.role == 'tool' %}{{- '<|start|>functions.' + m.name + ' to=assistant<|channel|>commentary<|message|>' + m.content + '<|end|>' }}
            {%- elif m.role == 'assistant' %}{{- '<|start|>assistant<|channel|>final<|message|>' + m.content + '<|end|>' }}
            {%- else %}{{- '<|start|>' + m.role + '<|message|>' + m.content + '<|end|>' }}{% endif %}
        {%- endfor %}
        {%- if add_generation_prompt %}{{- '<|start|>assistant' }}{% endif %}
        """;

    public const string Listed = """
        {%- if tools %}{{- '<|available_tools|>' + tools | tojson }}{% endif %}
        {%- for m in messages %}
            {%- if m.tool_calls %}
                {{- '<|assistant|><|tool_call|>[' }}{% for c in m.tool_calls %}{{- '{"name": "' + c.function.name + '", "arguments": ' + c.function.arguments | tojson + '}' }}{{ ', ' if not loop.last }}{% endfor %}{{- ']<|/tool_call|><|end|>' }}
            {%- else %}{{- '<|' + m.role + '|>' + m.content + '<|end|>' }}{% endif %}
        {%- endfor %}
        {%- if add_generation_prompt %}{{- '<|assistant|>' }}{% endif %}
        """;

    public const string Plain = """
        {%- if tools %}{{- 'Tools: ' + tools | tojson + '\n' }}{% endif %}
        {%- for m in messages %}
            {%- if m.tool_calls %}{{- 'assistant: {"name": "' + m.tool_calls[0].function.name + '", "arguments": ' + m.tool_calls[0].function.arguments | tojson + '}</s>' }}
            {%- else %}{{- m.role + ': ' + m.content + '\n' }}{% endif %}
        {%- endfor %}
        {%- if add_generation_prompt %}{{- 'assistant: ' }}{% endif %}
        """;

    // Marks that no family known to the engine writes.
    public static string Numbered { get; } = Unknown("""<|START|>[{% for c in m.tool_calls %}{{ '\n    ' }}{"call_id": "{{ loop.index0 }}", "tool_name": "{{ c.function.name }}", "parameters": {{ c.function.arguments | tojson }}}{{ ',' if not loop.last }}{% endfor %}{{ '\n' }}]<|STOP|>""");

    public static string WithIds { get; } = Unknown("""[CALLS] [{% for c in m.tool_calls %}{"id": "{{ c.id }}", "call": "{{ c.function.name }}", "input": {{ c.function.arguments | tojson }}}{{ ', ' if not loop.last }}{% endfor %}]""");

    public static string Nested { get; } = Unknown("""{% for c in m.tool_calls %}<do>{{ c | tojson }}</do>{% endfor %}""");

    public static string NameInMark { get; } = Unknown("""{% for c in m.tool_calls %}<function={{ c.function.name }}>{{ c.function.arguments | tojson }}</function>{% endfor %}""");

    public static string Sections { get; } = Unknown("""<|calls|>{% for c in m.tool_calls %}<|call|>functions.{{ c.function.name }}:{{ loop.index0 }}<|with|>{{ c.function.arguments | tojson }}<|/call|>{% endfor %}<|/calls|>""");

    public static string Arrows { get; } = Unknown("""{% for c in m.tool_calls %}>>>{{ c.function.name }}{{ '\n' }}{{ c.function.arguments | tojson }}{% endfor %}""");

    // Arguments between marks of their own, as Qwen 3 Coder and GLM 4.5 write them.
    public static string Spelled { get; } = Unknown("""{% for c in m.tool_calls %}{{ '\n' if not loop.first }}<tool_call>{{ '\n' }}<function={{ c.function.name }}>{{ '\n' }}{% for k, v in c.function.arguments | items %}<parameter={{ k }}>{{ '\n' }}{{ v if v is string else v | tojson }}{{ '\n' }}</parameter>{{ '\n' }}{% endfor %}</function>{{ '\n' }}</tool_call>{% endfor %}""");

    public static string Paired { get; } = Unknown("""{% for c in m.tool_calls %}{{ '\n' if not loop.first }}<tool_call>{{ c.function.name + '\n' }}{% for k, v in c.function.arguments | items %}<arg_key>{{ k }}</arg_key>{{ '\n' }}<arg_value>{{ v if v is string else v | tojson }}</arg_value>{{ '\n' }}{% endfor %}</tool_call>{% endfor %}""");

    public static TheoryData<string, string, int> All => new()
    {
        { Hermes, nameof(MarkedForm), 2 },
        { Llama, nameof(LlamaForm), 1 },
        { MistralList, nameof(MistralForm), 2 },
        { MistralNamed, nameof(MistralForm), 2 },
        { DeepSeekFenced, nameof(DeepSeekForm), 2 },
        { DeepSeekPlain, nameof(DeepSeekForm), 2 },
        { Harmony, nameof(HarmonyForm), 1 },
        { Listed, nameof(ListForm), 2 },
        { Plain, nameof(BareForm), 1 },
        { Numbered, nameof(SampledForm), 2 },
        { WithIds, nameof(SampledForm), 2 },
        { Nested, nameof(SampledForm), 2 },
        { NameInMark, nameof(SampledForm), 2 },
        { Sections, nameof(SampledForm), 2 },
        { Arrows, nameof(SampledForm), 2 },
        { Spelled, nameof(SpelledForm), 2 },
        { Paired, nameof(SpelledForm), 2 },
    };

    public static ToolSet Tools { get; } = new(
    [
        new("get_weather", "Tells the weather.", JsonElement.Parse("""{"type":"object","properties":{"city":{"type":"string"},"days":{"type":"integer"}},"required":["city"],"additionalProperties":false}""")),
        new("now"),
    ]);

    private static string Unknown(string calls) =>
        "{% if tools %}{{ tools | tojson }}{% endif %}{% for m in messages %}{% if m.tool_calls %}<|a|>{{ m.content or '' }}" + calls
        + "<|end|>{% elif m.role == 'assistant' %}<|a|>{{ m.content }}<|end|>{% else %}<|{{ m.role }}|>{{ m.content }}<|end|>{% endif %}{% endfor %}{% if add_generation_prompt %}<|a|>{% endif %}";

    public static TemplateMessage Calls(params (string Id, string Name, string Arguments)[] calls) => new("assistant", null)
    {
        Fields = new Dictionary<string, JsonElement> { ["tool_calls"] = ToolTurns.Field(calls.Select(call => ToolTurns.Call(call.Id, call.Name, JsonElement.Parse(call.Arguments)))) },
    };

    public static TemplateMessage Result(string id, string name, string text) => new("tool", text)
    {
        Fields = new Dictionary<string, JsonElement> { ["tool_call_id"] = ToolTurns.Field(id), ["name"] = ToolTurns.Field(name) },
    };

    public static string Text(this Prompt prompt) => string.Concat(prompt.Parts!.Select(part => part.Text));
}
