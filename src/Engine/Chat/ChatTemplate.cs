using Engine.Chat.Jinja;
using Engine.Chat.Tools;
using Engine.Gguf;

namespace Engine.Chat;

/// <summary>
/// The template that turns a model's conversations into prompts, a Jinja text that comes with the model
/// (<c>tokenizer.chat_template</c>). It renders as transformers' <c>apply_chat_template</c> does: the same spaces and line
/// ends, the same functions, Python's way of printing values. Safe to call from many threads at once.
/// </summary>
/// <remarks>A template that runs, nests or writes without end is stopped with an error.</remarks>
public sealed class ChatTemplate
{
    // The names in transformers and in GGUF.
    private static readonly (string Name, string Key)[] Specials =
    [
        ("bos_token", GgufKeys.BosToken), ("eos_token", GgufKeys.EosToken), ("unk_token", GgufKeys.UnknownToken), ("sep_token", GgufKeys.SeparatorToken),
        ("pad_token", GgufKeys.PaddingToken), ("cls_token", GgufKeys.ClassificationToken), ("mask_token", GgufKeys.MaskToken),
    ];

    private readonly Template _template;
    private readonly string _model;
    private readonly TimeProvider _clock;
    private bool? _knowsTools, _knowsCalls;
    private ToolForm? _toolForm;
    private ToolProbe? _toolProbe;

    /// <summary>Reads a template.</summary>
    /// <param name="source">Its Jinja text.</param>
    /// <param name="specialTokens">The texts of special tokens by transformers' names, such as <c>bos_token</c>; null for none.</param>
    /// <param name="model">The model's name, for messages.</param>
    /// <param name="clock">The clock for inputs that give no time; null for the system's.</param>
    /// <exception cref="ChatTemplateException">The text is not a well-formed template; the message shows the line.</exception>
    public ChatTemplate(string source, IReadOnlyDictionary<string, string>? specialTokens = null, string model = "the model", TimeProvider? clock = null)
    {
        ArgumentNullException.ThrowIfNull(source);
        (Source, SpecialTokens, _model, _clock) = (source, specialTokens ?? new Dictionary<string, string>(), model, clock ?? TimeProvider.System);
        try
        {
            _template = Template.Parse(source);
        }
        catch (JinjaException e)
        {
            throw Error("Reading", e);
        }
    }

    /// <summary>The Jinja text.</summary>
    public string Source { get; }

    /// <summary>The texts of special tokens by transformers' names.</summary>
    public IReadOnlyDictionary<string, string> SpecialTokens { get; }

    /// <summary>Whether the template uses the tools.</summary>
    internal bool KnowsTools => _knowsTools ??= Template.Mentions(Source, "tools");

    /// <summary>Whether the template uses the tool calls of messages.</summary>
    internal bool KnowsCalls => _knowsCalls ??= Template.Mentions(Source, "tool_calls");

    /// <summary>The model's separate template for conversations with tools; null if this one is used for them.</summary>
    internal ChatTemplate? ForTools { get; set; }

    /// <summary>How its model calls tools.</summary>
    internal ToolForm ToolForm => _toolForm ??= ToolForms.Of(Source, KnowsTools || KnowsCalls, () => ToolProbe.Sample, () => ToolProbe.Spelled);

    /// <summary>How it renders tool calls.</summary>
    internal ToolProbe ToolProbe => _toolProbe ??= ToolProbe.Of(this);

    /// <summary>Whether its model thinks before it answers.</summary>
    internal bool HasThoughts => ToolForm.HasThoughts || ReasoningReader.Knows(this);

    /// <summary>The chat template of a loaded model.</summary>
    /// <param name="model">The model; its card contains the template and says which tokens are special.</param>
    /// <param name="name">Which one, if there are several, such as <c>tool_use</c>; null for the default one.</param>
    /// <returns>Null if the model has no template of that name.</returns>
    /// <exception cref="ChatTemplateException">It is not a well-formed template.</exception>
    public static ChatTemplate? FromModel(IModel model, string? name = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        if (!model.Card.ChatTemplates.TryGetValue(name ?? ModelCard.DefaultChatTemplate, out string? source))
        {
            return null;
        }
        SpecialTokenIds ids = model.Card.SpecialTokens;
        (string Variable, int? Id)[] special =
        [
            ("bos_token", ids.BeginningOfSequence), ("eos_token", ids.EndOfSequence), ("unk_token", ids.Unknown), ("sep_token", ids.Separator),
            ("pad_token", ids.Padding), ("cls_token", ids.Classification), ("mask_token", ids.Mask),
        ];
        return new ChatTemplate(
            source, special.Where(token => token.Id is not null).ToDictionary(token => token.Variable, token => model.Tokenizer.GetPiece(token.Id!.Value)), model.Card.Name);
    }

    /// <summary>Reads the template of a model file.</summary>
    /// <param name="metadata">The file's metadata.</param>
    /// <param name="name">Which one, if the file has several, such as <c>tool_use</c>; null for the default one.</param>
    /// <returns>Null if the file has no template of that name.</returns>
    /// <exception cref="ChatTemplateException">It is not a well-formed template.</exception>
    public static ChatTemplate? FromMetadata(GgufMetadata metadata, string? name = null)
    {
        ArgumentNullException.ThrowIfNull(metadata);
        if (metadata.GetString(name is null ? GgufKeys.ChatTemplate : $"{GgufKeys.ChatTemplate}.{name}") is not { } source)
        {
            return null;
        }
        GgufStrings? tokens = metadata[GgufKeys.Tokens]?.Value as GgufStrings;
        var special = new Dictionary<string, string>();
        foreach ((string variable, string key) in Specials)
        {
            if (metadata.GetUInt32(key) is { } id && id < tokens?.Count)
            {
                special[variable] = tokens[(int)id];
            }
        }
        return new ChatTemplate(source, special, metadata.GetString(GgufKeys.Name) ?? "the model");
    }

    /// <summary>Renders a conversation as a prompt.</summary>
    /// <param name="input">The conversation.</param>
    /// <param name="cancellationToken">Cancels the rendering.</param>
    /// <exception cref="ChatTemplateException">The template cannot be rendered, or refuses the conversation; the message shows the line.</exception>
    /// <exception cref="InvalidRequestException">A text of the input's JSON is ill-formed.</exception>
    public RenderedChat Render(ChatTemplateInput input, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(input);
        try
        {
            Text text = _template.Render(Variables(input), input.Now ?? _clock.GetLocalNow(), cancellationToken);
            int start = 0;
            var parts = new List<PromptPart>(text.Runs.Count);
            foreach (Run run in text.Runs)
            {
                parts.Add(new PromptPart(text.Value[start..run.End], IsMarkup: !run.IsForeign));
                start = run.End;
            }
            return new RenderedChat(parts);
        }
        catch (JinjaException e)
        {
            throw Error("Rendering", e);
        }
    }

    // The variables that apply_chat_template sets, in the same order: later ones win.
    private IEnumerable<KeyValuePair<string, object>> Variables(ChatTemplateInput input)
    {
        yield return new("messages", input.Messages.Select(TemplateValues.Of).ToList());
        yield return new("tools", TemplateValues.Of(input.Tools));
        yield return new("documents", TemplateValues.Of(input.Documents));
        yield return new("add_generation_prompt", input.AddGenerationPrompt);
        foreach ((string name, string token) in SpecialTokens)
        {
            yield return new(name, Text.Own(token));
        }
        foreach ((string name, System.Text.Json.JsonElement value) in input.Variables)
        {
            yield return new(name, PyJson.Read(value));
        }
    }

    private ChatTemplateException Error(string doing, JinjaException error)
    {
        string[] lines = Source.ReplaceLineEndings("\n").Split('\n');
        string line = error.Line >= 1 && error.Line <= lines.Length ? lines[error.Line - 1].Trim() : "";
        string shown = line.Length > 100 ? line[..100] + "…" : line;
        string hint = error.IsRefusal ? "Change the messages so that the template takes them." : "Correct the template, or send the prompt as text.";
        string what = error.IsRefusal ? $"the template refuses the conversation: {error.Message}" : error.Message;
        return new ChatTemplateException($"{doing} the chat template of {_model}, line {error.Line} ({shown}): {what.TrimEnd('.')}. {hint}", error.Line, error.IsRefusal, error);
    }
}
