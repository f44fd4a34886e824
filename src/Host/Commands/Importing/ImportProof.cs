using System.Globalization;
using Engine.Gguf;
using Engine.HuggingFace;
using Engine.HuggingFace.Families;
using Engine.HuggingFace.Rules;
using Engine.Parity;
using Engine.Tokenizers;
using ReferenceModels;
using ReferenceModels.HuggingFace;

namespace Engine.Host.Commands.Importing;

/// <summary>Proves that a file is the model it was converted from: runs the same tokens through the original weights under Hugging Face's names, through
/// the file on the reference and on llama.cpp, and a sample of texts through tokenizer.json's own rules.</summary>
/// <param name="backends">Load the file.</param>
/// <param name="import">The original.</param>
/// <param name="options">How a file is loaded on a backend.</param>
internal sealed class ImportProof(Backends backends, ModelImport import, Func<string, string, ModelOptions> options)
{
    /// <summary>The context length that the models are loaded with.</summary>
    public const int Context = 128;

    // The number of tokens compared: enough for every pair of a head to rotate, few enough for weights that are read at each use.
    private const int MaxTokens = 48, TargetTokens = 12, RandomSeed = 1234;

    private static readonly Tolerance SameWeights = new()
    {
        Metric = ParityMetric.MaxRelDiff,
        Limit = 1e-4,
        RowLimit = 1e-3,
        Reason = "The same weights: two correct computations differ only by the order of their sums, measured 1e-6 of the RMS, and 4e-5 in deep random models; times 2.5.",
    };

    private readonly List<ImportCheck> _checks = [];
    private readonly List<string> _notes = [];

    /// <summary>The comparisons made.</summary>
    public IReadOnlyList<ImportCheck> Checks => _checks;

    /// <summary>Findings that are not failures.</summary>
    public IReadOnlyList<string> Notes => _notes;

    /// <summary>The comparison of ids.</summary>
    public TokenizerCheck? Tokenizer { get; private set; }

    /// <summary>Whether every check passed.</summary>
    public ParityVerdict Verdict =>
        _checks.All(check => check.Verdict == ParityVerdict.Pass) && Tokenizer?.Verdict != ParityVerdict.Fail ? ParityVerdict.Pass : ParityVerdict.Fail;

    /// <summary>Proves a file whose weights are the checkpoint's, rounded to 16 bits at most: the original weights are rounded in the same way.</summary>
    public async Task RunAsync(string path, CancellationToken cancellationToken)
    {
        CompareIds(path);
        TrainedModel original;
        ParityReport managed;
        // One at a time: each maps the whole file.
        IModel reference = await backends.LoadAsync(options(path, ReferenceBackend.BackendName), cancellationToken).ConfigureAwait(false);
        await using (reference.ConfigureAwait(false))
        {
            original = new TrainedModel(import.Plan.Settings, import.Checkpoint, reference, asTrained: false, import.Plan.Tensors.Types);
            managed = await CompareAsync("Proving the file", reference, original, SameWeights, cancellationToken).ConfigureAwait(false);
            _checks.Add(ImportCheck.Of($"reference against the original weights{Rounded}", managed));
        }
        IModel native = await backends.LoadAsync(options(path, "auto"), cancellationToken).ConfigureAwait(false);
        await using (native.ConfigureAwait(false))
        {
            ParityReport llamaCpp = await CompareAsync("Proving it on llama.cpp", native, original, null, cancellationToken).ConfigureAwait(false);
            if (managed.Verdict == ParityVerdict.Pass)
            {
                // The reference must agree with the original weights exactly, and also runs in ggml's arithmetic to compare with llama.cpp.
                llamaCpp = await SecondOpinion.AskAsync(llamaCpp, native.Card, arithmetic => AskReferenceAsync(path, native, arithmetic, cancellationToken)).ConfigureAwait(false);
            }
            _checks.Add(ImportCheck.Of($"llama.cpp against the original weights{Rounded}", llamaCpp));
            if (!import.IsExact)
            {
                await NoteLossAsync(native, cancellationToken).ConfigureAwait(false);
            }
            if (import.Plan.Settings is BertSettings { ExactGelu: true })
            {
                await using var trained = new TrainedModel(import.Plan.Settings, import.Checkpoint, native, asTrained: true);
                ParityReport distance = await CompareAsync("Measuring GELU", native, trained, null, cancellationToken).ConfigureAwait(false);
                _notes.Add(string.Create(CultureInfo.InvariantCulture,
                    $"The model was trained with GELU by erf; llama.cpp computes the tanh form, and its rows differ from the trained ones by an NMSE of {distance.Nmse:0.0e-0}."));
            }
        }
    }

    /// <summary>Proves that a quantized file runs the same on both backends, and says how far it is from the original.</summary>
    public async Task RunQuantizedAsync(string path, CancellationToken cancellationToken)
    {
        (IModel native, IModel reference) = await LoadAsync(path, cancellationToken).ConfigureAwait(false);
        await using (native.ConfigureAwait(false))
        await using (reference.ConfigureAwait(false))
        {
            (Prompt prompt, Prompt? target) = Input(reference);
            ParityReport alike = await SecondOpinion.RunAsync(native, reference, prompt, new ParityOptions { Target = target }, cancellationToken).ConfigureAwait(false);
            _checks.Add(ImportCheck.Of($"llama.cpp against the reference, both {native.Card.FileType}", alike));
            await NoteLossAsync(native, cancellationToken).ConfigureAwait(false);
        }
    }

    private string Rounded => import.IsExact ? "" : $" in {import.Type}";

    private async Task NoteLossAsync(IModel native, CancellationToken cancellationToken)
    {
        await using var original = new TrainedModel(import.Plan.Settings, import.Checkpoint, native, asTrained: true);
        ParityReport distance = await CompareAsync("Measuring the loss", native, original, null, cancellationToken).ConfigureAwait(false);
        string alikeTokens = distance.SameTop1 is { } share ? string.Create(CultureInfo.InvariantCulture, $", and {share:P0} of its likeliest tokens are theirs") : "";
        _notes.Add(string.Create(CultureInfo.InvariantCulture, $"As {native.Card.FileType} its numbers differ from the original weights' by an NMSE of {distance.Nmse:0.0e-0}{alikeTokens}."));
    }

    private async Task<ParityReport> AskReferenceAsync(string path, IModel native, Arithmetic arithmetic, CancellationToken cancellationToken)
    {
        IModel reference = await backends.LoadAsync(options(path, ReferenceBackend.BackendName), cancellationToken).ConfigureAwait(false);
        await using (reference.ConfigureAwait(false))
        {
            (Prompt prompt, Prompt? target) = Input(reference);
            return await ParityCheck.RunAsync(native, reference, prompt, new ParityOptions { Target = target, Arithmetic = arithmetic }, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<(IModel Native, IModel Reference)> LoadAsync(string path, CancellationToken cancellationToken)
    {
        IModel reference = await backends.LoadAsync(options(path, ReferenceBackend.BackendName), cancellationToken).ConfigureAwait(false);
        try
        {
            return (await backends.LoadAsync(options(path, "auto"), cancellationToken).ConfigureAwait(false), reference);
        }
        catch
        {
            await reference.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private async Task<ParityReport> CompareAsync(string label, IModel judged, IModel original, Tolerance? tolerance, CancellationToken cancellationToken)
    {
        (Prompt prompt, Prompt? target) = Input(judged);
        using var bar = new ProgressBar(label);
        return await ParityCheck.RunAsync(judged, original, prompt, new ParityOptions { Target = target, Tolerance = tolerance, Progress = bar }, cancellationToken).ConfigureAwait(false);
    }

    // A text, if the vocabulary can encode it; an encoder–decoder's target is part of it.
    private (Prompt Prompt, Prompt? Target) Input(IModel model)
    {
        int most = Math.Min(MaxTokens, Math.Min(Context, import.Plan.Settings.Positions));
        int[] tokens = Text(model) is { Length: > 1 } text ? [.. text.Take(most)] : Random(most);
        return (Prompt.FromTokens(tokens), import.Plan.Settings is not T5Settings t5 ? null
            : Prompt.FromTokens([t5.StartToken, .. tokens.Reverse().Take(TargetTokens)]));
    }

    private static int[]? Text(IModel model)
    {
        try
        {
            return model.Card.SplitsText ? [.. model.Tokenizer.Encode(ComparisonText.General)] : null;
        }
        catch (UnsupportedRequestException)
        {
            return null; // the vocabulary is for another alphabet
        }
    }

    private int[] Random(int most)
    {
        var random = new Random(RandomSeed);
        return [.. Enumerable.Range(0, most).Select(_ => random.Next(import.Plan.Settings.V))];
    }

    private void CompareIds(string path)
    {
        if (import.TokenizerRules is not { } description)
        {
            return;
        }
        using GgufFile file = GgufFile.Open(path);
        string architecture = file.Metadata.RequireString(GgufKeys.Architecture);
        ITokenizer trained = FileTokenizer.Read(file.Metadata, architecture, TokenizerRule.Trained), native = FileTokenizer.Read(file.Metadata, architecture, TokenizerRule.Native);
        var rules = new TokenizerRules(description);
        var differing = new List<string>();
        (int compared, int inLlamaCpp) = (0, 0);
        foreach (string text in TokenizerSample.Texts)
        {
            if (Encode(trained, text) is not { } found)
            {
                continue;
            }
            compared++;
            int[] expected = rules.Encode(text);
            if (!found.SequenceEqual(expected))
            {
                differing.Add(text);
            }
            inLlamaCpp += Encode(native, text)?.SequenceEqual(expected) == true ? 0 : 1;
        }
        Tokenizer = new TokenizerCheck(differing.Count == 0 ? ParityVerdict.Pass : ParityVerdict.Fail, compared, TokenizerSample.Texts.Count - compared, differing, inLlamaCpp);
        if (inLlamaCpp > differing.Count)
        {
            _notes.Add($"llama.cpp's own tokenizer splits {inLlamaCpp} of {compared} texts differently from how the model was trained (docs/tokenizers.md); the engine feeds it the right ids.");
        }
    }

    // Null if the vocabulary cannot spell the text.
    private static IReadOnlyList<int>? Encode(ITokenizer tokenizer, string text)
    {
        try
        {
            return tokenizer.Encode(text, addSpecial: false);
        }
        catch (UnsupportedRequestException)
        {
            return null;
        }
    }
}
