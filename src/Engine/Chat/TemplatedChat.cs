using System.Text.Json;
using Engine.Chat.Tools;
using Engine.Constraints;

namespace Engine.Chat;

/// <summary>A conversation with a model, possibly with tools: renders the prompt, constrains the answer, and reads the answer.</summary>
/// <param name="model">The model's chat template.</param>
/// <param name="tools">The tools, already checked; null for none.</param>
internal sealed class TemplatedChat(ChatTemplate model, ToolSet? tools = null)
{
    private static readonly AnswerShape Blanks = new AnswerShape.Pattern(@"[ \n]{0,4}");

    private readonly ToolSet _tools = tools ?? new ToolSet([]);
    private readonly ChatTemplate _template = tools is { Tools.Count: > 0 } ? model.ForTools ?? model : model;

    /// <summary>The prompt of a conversation.</summary>
    /// <param name="input">The conversation. Its tools are replaced by those of the chat.</param>
    /// <param name="cancellationToken">Cancels the rendering.</param>
    /// <exception cref="ChatTemplateException">The template refuses the conversation.</exception>
    public Prompt Render(ChatTemplateInput input, CancellationToken cancellationToken = default)
    {
        ChatTemplateInput asked = input with { Messages = Known(input.Messages, cancellationToken) };
        IReadOnlyList<JsonElement>? offered = _tools.IsOffered ? [.. _tools.Tools.Select(tool => tool.ToJson())] : null;
        if (offered is null || _template.KnowsTools)
        {
            return RenderEither(asked with { Tools = offered ?? input.Tools }, SplitCalls(asked.Messages), cancellationToken);
        }
        string preamble = ToolTexts.Preamble(offered, _template.KnowsCalls && _template.ToolForm != MarkedForm.Hermes ? _template.ToolProbe.Sample?.Example ?? _template.ToolProbe.Spelled?.Example : null, cancellationToken);
        return RenderEither(asked with { Messages = ToolTexts.BeforeSystem(asked.Messages, preamble) }, ToolTexts.BeforeUser(asked.Messages, preamble), cancellationToken);
    }

    /// <summary>The constraint on the answer, including thoughts; null for none.</summary>
    /// <param name="prompt">The prompt, which may have begun the thoughts.</param>
    /// <param name="format">The constraint on an answer that calls no tool; null for none.</param>
    /// <exception cref="UnsupportedRequestException">A constraint by custom code cannot be combined with tools or thoughts.</exception>
    public Constraint? Constrain(Prompt prompt, Constraint? format)
    {
        ToolForm form = _template.ToolForm;
        bool isBound = _tools.IsOffered && (_tools.Mode == ToolMode.Required || !_tools.AllowsParallel || _tools.Tools.Any(tool => tool.IsStrict));
        if (!isBound && (format is null || (!_template.HasThoughts && !_tools.IsOffered)))
        {
            return format;
        }
        AnswerShape? text = _tools.Mode == ToolMode.Required ? null : format is null ? form.Prose : ShapeOf(format);
        AnswerShape answer = _tools.IsOffered || form.HasThoughts
            ? form.Answer(text, isProse: format is null, [.. _tools.Callable.Select(tool => (tool.Name, Arguments(tool)))], _tools.AllowsParallel ? null : 1)
            : text!;
        return new ShapeConstraint(_template.HasThoughts && !form.HasThoughts ? Thinking(prompt, answer) : answer);
    }

    /// <summary>Reads the answer to a prompt.</summary>
    public AnswerReader NewReader(Prompt prompt, ITokenizer tokenizer) => new(
        _template.ToolForm.HasThoughts ? null : ReasoningReader.For(_template, prompt),
        _tools.IsOffered || _template.ToolForm.HasThoughts ? _template.ToolForm : null, _tools, tokenizer);

    private AnswerShape.Json Arguments(ToolDefinition tool) =>
        new AnswerShape.Json(tool.IsStrict || _tools.Mode == ToolMode.Required ? tool.Arguments : ToolDefinition.AnyObject, _tools.Conventions);

    private static AnswerShape Thinking(Prompt prompt, AnswerShape answer)
    {
        AnswerShape[] thought = [new AnswerShape.Prose([ReasoningReader.End]), new AnswerShape.Marker(ReasoningReader.End), Blanks, answer];
        return ReasoningReader.IsOpen(prompt) ? new AnswerShape.Sequence(thought)
            : new AnswerShape.Either([new AnswerShape.Sequence([new AnswerShape.Marker(ReasoningReader.Begin), .. thought]), answer]);
    }

    private static AnswerShape ShapeOf(Constraint format) => format switch
    {
        JsonSchemaConstraint json => new AnswerShape.Json(json.Schema, SchemaConventions.Of(json)),
        GrammarConstraint grammar => new AnswerShape.Grammar(grammar.Grammar),
        RegexConstraint regex => new AnswerShape.Pattern(regex.Pattern),
        ChoiceConstraint choice => new AnswerShape.Either([.. choice.Choices.Select(text => new AnswerShape.Literal(text))]),
        ShapeConstraint shape => shape.Shape,
        _ => throw new UnsupportedRequestException(
            "Answering a chat: the answer is constrained by custom code, which cannot be combined with tools or with a model that thinks before it answers. Leave the tools out, use another model, or constrain by a schema or a grammar."),
    };

    /// <summary>The messages in the form the template expects.</summary>
    private IReadOnlyList<TemplateMessage> Known(IReadOnlyList<TemplateMessage> messages, CancellationToken cancellationToken)
    {
        if (!messages.Any(message => message.Role == "tool" || message.Fields.ContainsKey("tool_calls")))
        {
            return messages;
        }
        if (!_template.KnowsCalls)
        {
            return ToolTexts.Turns(messages, cancellationToken);
        }
        IEnumerable<TemplateMessage> known = _template.ToolForm.HasShortIds ? messages.Select(ToolTurns.WithShortIds)
            : _template.ToolForm.HasThoughts ? messages.Select(ToolTurns.WithThinking)
            : messages;
        return [.. _template.ToolProbe.TakesText ? known.Select(ToolTurns.WithTexts) : known];
    }

    /// <summary>Renders a conversation, trying other forms of it if the template refuses it.</summary>
    private Prompt RenderEither(ChatTemplateInput input, List<TemplateMessage>? otherwise, CancellationToken cancellationToken)
    {
        try
        {
            return _template.Render(input, cancellationToken).ToPrompt();
        }
        catch (ChatTemplateException e) when (e.IsRefusal && otherwise is not null)
        {
            try
            {
                return _template.Render(input with { Messages = otherwise }, cancellationToken).ToPrompt();
            }
            catch (ChatTemplateException)
            {
                throw e; // the error about the original form, not about the others tried
            }
        }
    }

    /// <summary>Splits several calls in one turn into consecutive turns, each with its result, for templates that take one at a time; null if there are none to split.</summary>
    private static List<TemplateMessage>? SplitCalls(IReadOnlyList<TemplateMessage> messages)
    {
        if (!messages.Any(message => ToolTurns.CallsOf(message).Count > 1))
        {
            return null;
        }
        var split = new List<TemplateMessage>();
        for (int i = 0; i < messages.Count; i++)
        {
            IReadOnlyList<JsonElement> calls = ToolTurns.CallsOf(messages[i]);
            if (calls.Count < 2)
            {
                split.Add(messages[i]);
                continue;
            }
            List<TemplateMessage> results = [.. messages.Skip(i + 1).TakeWhile(message => message.Role == "tool")];
            for (int call = 0; call < calls.Count; call++)
            {
                TemplateMessage turn = messages[i] with { Fields = new Dictionary<string, JsonElement>(messages[i].Fields) { ["tool_calls"] = ToolTurns.Field([calls[call]]) } };
                split.Add(call == 0 ? turn : turn with { Content = null });
                int result = results.FindIndex(message => ToolTurns.IsResultOf(message, calls[call]));
                result = result < 0 && results.Count > 0 ? 0 : result;
                if (result >= 0)
                {
                    split.Add(results[result]);
                    results.RemoveAt(result);
                    i++;
                }
            }
        }
        return split;
    }
}
