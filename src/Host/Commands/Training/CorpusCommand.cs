using System.CommandLine;
using System.Text;
using ReferenceModels.Training.Corpora;

namespace Engine.Host.Commands.Training;

/// <summary><c>engine corpus</c>: generates training or evaluation data from the project's own grammar.</summary>
internal sealed class CorpusCommand
{
    private readonly Argument<string> _name = new("NAME")
    {
        Description = string.Join(" ", Corpus.All.Select(corpus => $"{corpus.Name}: {corpus.Summary}")),
        CompletionSources = { Corpus.All.Select(corpus => corpus.Name).ToArray() },
    };

    private readonly Option<string?> _output = new("--out") { HelpName = "FILE", Description = "The file to write; it is replaced if it exists. Default: standard output." };
    private readonly Option<int> _count = NumberOption.Create("--count", 1, 100_000_000, 10_000, "How many entries.");
    private readonly Option<ulong> _seed = NumberOption.Create("--seed", 0UL, ulong.MaxValue, 1UL, "The same seed gives the same entries.");
    private readonly Option<bool> _heldOut = new("--held-out") { Description = "Entries about combinations that never occur in the training entries." };

    public static Command Create() => new CorpusCommand().CreateVerb();

    private Verb CreateVerb()
    {
        var verb = new Verb("corpus", "Writes training data from the project's own grammar: stories, moods, facts, translations, conversations with tools.")
        {
            WhenStopped = "Stopped before the last entry: what was written is a part of the corpus.",
            Examples = ["engine corpus stories --count 20000 --out stories.txt", "engine corpus translations --held-out --count 500 --seed 2"],
        };
        verb.Add(_name);
        verb.AddGroup("Entries", _count, _seed, _heldOut, _output);
        verb.SetAction(Run);
        return verb;
    }

    private int Run(ParseResult parsed)
    {
        string name = parsed.GetValue(_name)!;
        string[] names = [.. Corpus.All.Select(known => known.Name)];
        Corpus corpus = Corpus.All.FirstOrDefault(known => known.Name == name) ?? throw new InvalidRequestException(
            $"Writing a corpus: expected one of {string.Join(", ", names)}, found '{name}'.{(Spelling.Proposal(name, names) is { Length: > 0 } proposal ? proposal : " Correct the name.")}");
        if (parsed.GetValue(_output) is { } path)
        {
            var file = new OutputFile("the corpus", path, _output.Name) { IsStream = true };
            file.RequireWritable();
            file.Write(() =>
            {
                using var writer = new StreamWriter(path, append: false, new UTF8Encoding(false));
                Write(writer);
            });
        }
        else
        {
            Write(parsed.InvocationConfiguration.Output);
        }
        return ExitCode.Pass;

        void Write(TextWriter writer) =>
            corpus.Write(writer, parsed.GetValue(_heldOut) ? CorpusPart.HeldOut : CorpusPart.Training, parsed.GetValue(_count), parsed.GetValue(_seed));
    }
}
