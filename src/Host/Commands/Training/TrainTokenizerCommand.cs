using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using ReferenceModels.Training.Vocabularies;

namespace Engine.Host.Commands.Training;

/// <summary><c>engine train-tokenizer</c>: trains a vocabulary on a text and writes it as a GGUF file.</summary>
internal sealed class TrainTokenizerCommand
{
    private readonly Option<string> _data = new("--data") { HelpName = "PATH", Required = true, Description = "The text to train on, UTF-8; - is standard input." };
    private readonly Option<string> _output = new("--out") { HelpName = "PATH", Required = true, Description = "The GGUF file to write: a vocabulary without weights. It is replaced if it exists." };
    private readonly Option<string> _scheme = ChoiceOption.Create("--scheme", "How: byte-level BPE as GPT-2's, WordPiece as BERT's, Unigram as T5's.", "bpe", "wordpiece", "unigram");
    private readonly Option<int> _size = NumberOption.Create("--size", 6, 1_000_000, 8000, "Tokens, special ones included.");
    private readonly Option<int> _frequency = NumberOption.Create("--min-frequency", 1, int.MaxValue, 2, "How often a pair or piece must occur to become a token.");
    private readonly Option<string> _pre = new("--pre")
    {
        HelpName = "NAME",
        Description = "Byte-level BPE: how a text is cut into words, by llama.cpp's name. Default gpt-2.",
        DefaultValueFactory = _ => "gpt-2",
    };

    private readonly Option<bool> _json = new("--json") { Description = "Prints one JSON document." };

    public static Command Create() => new TrainTokenizerCommand().CreateVerb();

    private Verb CreateVerb()
    {
        var verb = new Verb("train-tokenizer", "Trains a vocabulary on a text and writes it as GGUF. The same text gives the same vocabulary.")
        {
            WhenStopped = "Stopped before the end of the training: nothing was written.",
            Examples = ["engine train-tokenizer --data corpus.txt --size 16000 --out vocab.gguf", "engine tokenize \"Hello world\" --model vocab.gguf"],
        };
        verb.AddGroup("Training", _data, _output, _scheme, _size, _frequency, _pre, _json);
        verb.SetAction(RunAsync);
        return verb;
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        string path = parsed.GetValue(_output)!;
        string data = parsed.GetValue(_data)!;
        var file = new OutputFile("the vocabulary", path, _output.Name);
        file.RequireOther(data, _data.Name);
        file.RequireWritable();
        string text = await TextFile.ReadAsync(data, cancellationToken, option: "--data").ConfigureAwait(false);
        var options = new VocabularyOptions
        {
            Scheme = parsed.GetValue(_scheme) switch { "bpe" => VocabularyScheme.ByteLevelBpe, "wordpiece" => VocabularyScheme.WordPiece, _ => VocabularyScheme.Unigram },
            Size = parsed.GetValue(_size),
            MinimumFrequency = parsed.GetValue(_frequency),
            PreTokenizer = parsed.GetValue(_pre)!,
        };
        long begin = Stopwatch.GetTimestamp();
        using var bar = new ProgressBar("Training");
        TrainTokenizerReport report = await Task.Run(() => Train(text, options, file, bar, cancellationToken), cancellationToken).ConfigureAwait(false);
        bar.Dispose();
        report = report with { Seconds = Stopwatch.GetElapsedTime(begin).TotalSeconds };
        if (parsed.GetValue(_json))
        {
            JsonOutput.Write(parsed.InvocationConfiguration.Output, report);
        }
        else
        {
            parsed.InvocationConfiguration.Output.Write(Describe(report, options.Size));
        }
        return ExitCode.Pass;
    }

    private static TrainTokenizerReport Train(string text, VocabularyOptions options, OutputFile file, ProgressBar bar, CancellationToken cancellationToken)
    {
        TrainedVocabulary trained = VocabularyTrainer.Train([text], options, bar, cancellationToken);
        file.Write(() => trained.Write(file.Path, Path.GetFileNameWithoutExtension(file.Path)));
        int tokens = ReferenceModels.ReferenceBackend.ReadTokenizer(file.Path).Encode(text, addSpecial: false).Count;
        return new TrainTokenizerReport(file.Path, trained.Scheme, trained.Tokens.Count, (double)System.Text.Encoding.UTF8.GetByteCount(text) / Math.Max(1, tokens));
    }

    private static string Describe(TrainTokenizerReport report, int asked)
    {
        string fewer = report.Tokens < asked ? $" ({asked:N0} were asked for; the text gives no more)" : "";
        return string.Create(CultureInfo.InvariantCulture,
            $"{report.Output}: {report.Tokens:N0} tokens{fewer}, {report.BytesPerToken:0.00} bytes per token on the text, trained in {report.Seconds:0.0} s.\n");
    }
}

/// <summary>What <c>train-tokenizer --json</c> prints.</summary>
/// <param name="Output">The file.</param>
/// <param name="Scheme">How it was trained.</param>
/// <param name="Tokens">V.</param>
/// <param name="BytesPerToken">Bytes of the text for each of its tokens.</param>
internal sealed record TrainTokenizerReport(string Output, VocabularyScheme Scheme, int Tokens, double BytesPerToken)
{
    public double Seconds { get; init; }
}
