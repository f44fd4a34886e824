using System.Text.Json;
using Engine;
using Engine.Chat;

namespace ReferenceModels.Training.Data;

/// <summary>A conversation as a language model sees it: rendered by the model's chat template. Only the assistant's turns as rendered
/// count, including their end-of-turn tokens.</summary>
/// <param name="template">The file's template, or <see cref="Default"/>.</param>
/// <param name="tokenizer">The model's tokenizer.</param>
internal sealed class Conversation(ChatTemplate template, ITokenizer tokenizer)
{
    /// <summary>For models without a template; it is written into the trained file.</summary>
    public const string Default =
        "{% for message in messages %}{{ message['role'] + ': ' + message['content'] }}{% if message['role'] == 'assistant' %}{{ eos_token }}{% endif %}{{ '\n' }}{% endfor %}"
        + "{% if add_generation_prompt %}{{ 'assistant:' }}{% endif %}";

    private const string Assistant = "assistant";

    /// <summary>The tokens up to and including the assistant's last turn, and whether each counts.</summary>
    /// <param name="turns">Oldest first.</param>
    /// <param name="tools">Offered to the assistant; null for none.</param>
    public (int[] Tokens, bool[] Counts) Read(IReadOnlyList<Turn> turns, IReadOnlyList<JsonElement>? tools = null)
    {
        List<(int Start, int[] Tokens)> answers = [];
        for (int i = 0; i < turns.Count; i++)
        {
            if (turns[i].Role == Assistant)
            {
                int[] before = Render(turns.Take(i), tools, answers: true), after = Render(turns.Take(i + 1), tools, answers: false);
                answers.Add((before.AsSpan().CommonPrefixLength(after), after));
            }
        }
        if (answers.Count == 0)
        {
            return ([], []);
        }
        int[] tokens = answers[^1].Tokens;
        var counts = new bool[tokens.Length];
        foreach ((int start, int[] answer) in answers)
        {
            // A template may render an earlier turn differently when more turns follow: tokens that are not in the final rendering cannot count.
            int end = tokens.AsSpan().CommonPrefixLength(answer);
            counts.AsSpan(Math.Min(start, end)..end).Fill(true);
        }
        return (tokens, counts);
    }

    private int[] Render(IEnumerable<Turn> turns, IReadOnlyList<JsonElement>? tools, bool answers) => [.. template.Render(new ChatTemplateInput
    {
        Messages = [.. turns.Select(turn => new TemplateMessage(turn.Role, turn.Content) { Fields = turn.Fields })],
        Tools = tools,
        AddGenerationPrompt = answers,
    }).ToPrompt().ToTokens(tokenizer)];
}
