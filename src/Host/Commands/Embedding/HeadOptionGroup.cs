using System.CommandLine;
using ReferenceModels.Heads;

namespace Engine.Host.Commands.Embedding;

/// <summary>The options of <c>embed</c> about heads that lie in a file beside the model.</summary>
internal sealed class HeadOptionGroup
{
    private const string Mask = "mask", NextSentence = "next-sentence", Classify = "classify";

    private static readonly string[] Words = [Mask, NextSentence, Classify];

    private readonly Option<string?> _head = new("--head")
    {
        HelpName = string.Join('|', Words),
        Description = "Applies a head to the rows: what stands at each [MASK], whether --pair follows TEXT, or the class of TEXT.",
        CustomParser = result =>
        {
            string word = result.Tokens[0].Value;
            if (Words.FirstOrDefault(known => string.Equals(known, word, StringComparison.OrdinalIgnoreCase)) is { } choice)
            {
                return choice;
            }
            string proposal = Spelling.Proposal(word, Words);
            result.AddError($"--head: expected {Mask}, {NextSentence} or {Classify}, found '{word}'.{proposal}");
            return null;
        },
    };

    private readonly Option<string?> _file = new("--heads")
    {
        HelpName = "PATH",
        Description = "The GGUF file of the heads. Default: NAME.heads.gguf beside the model NAME.gguf.",
    };

    private readonly Option<int> _top = NumberOption.Create("--top", 1, 1000, 5, "Candidates for each [MASK].");

    public void AddTo(Verb verb) => verb.AddGroup("Heads", _head, _file, _top);

    /// <summary>Whether a head is requested.</summary>
    public bool IsGiven(ParseResult parsed) => parsed.GetValue(_head) is not null;

    public async Task AnswerAsync(
        IModel model, IReadOnlyList<EmbedInput> inputs, ParseResult parsed, bool json, Numerics numerics, CancellationToken cancellationToken)
    {
        string path = parsed.GetValue(_file) ?? HeadedModel.Beside(model.Card.Path);
        if (!File.Exists(path))
        {
            throw new ModelFileException($"Opening the heads of {model.Card.Name}: expected a GGUF file '{path}', found nothing there. Name the file that holds them with {_file.Name}.");
        }
        using var heads = new HeadedModel(model, path) { Numerics = numerics };
        var question = new HeadQuestion(model, heads, parsed.GetValue(_top));
        TextWriter output = parsed.InvocationConfiguration.Output;
        if (parsed.GetValue(_head) == Mask)
        {
            MaskReport report = await question.FillMasksAsync(inputs, cancellationToken).ConfigureAwait(false);
            Write(output, json, report, () => HeadText.Describe(report, inputs));
        }
        else
        {
            ClassReport report = await (parsed.GetValue(_head) == NextSentence
                ? question.NextSentenceAsync(inputs, cancellationToken) : question.ClassifyAsync(inputs, cancellationToken)).ConfigureAwait(false);
            Write(output, json, report, () => HeadText.Describe(report, inputs));
        }
    }

    private static void Write<T>(TextWriter output, bool json, T report, Func<string> text)
    {
        if (json)
        {
            JsonOutput.Write(output, report);
        }
        else
        {
            output.Write(text());
        }
    }
}
