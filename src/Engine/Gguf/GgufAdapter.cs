using Microsoft.Extensions.Logging;

namespace Engine.Gguf;

/// <summary>A file of low-rank adapters (LoRA, Hu et al. 2021, https://arxiv.org/abs/2106.09685): for some weights W₀ of a model, A (in, r)
/// and B (r, out), so that the product becomes W₀·x + s·α/r·B·A·x. The factors of rows that are looked up are transposed: A (r, V) and B (r, d),
/// so that token t's row becomes W₀[t] + s·α/r·B·A[t].</summary>
/// <remarks>The file is checked against the model before llama.cpp loads it, for anything that would end the process there (a text where it reads a
/// number, integers as factors, an adapted embedding that is also the output) and for factors that it would read and never use. Vectors of
/// norms, which it skips by their names, are <see cref="Unused"/>.</remarks>
internal sealed partial class GgufAdapter : IDisposable
{
    /// <summary>The value of general.type.</summary>
    public const string FileKind = "adapter", AdapterKind = "lora";

    /// <summary>The suffix after a weight's name.</summary>
    public const string SuffixA = ".lora_a", SuffixB = ".lora_b";

    /// <summary>The event of a file with <see cref="Unused"/> vectors.</summary>
    public static readonly EventId UnusedVectors = new(5, nameof(UnusedVectors));

    private const string InvocationTokens = "adapter.alora.invocation_tokens";
    private const string Weights = ".weight";

    // The only table whose rows llama.cpp adapts (llm_graph_context::build_inp_embd).
    private const string Embedding = "token_embd.weight";

    // The parts of names by which llama.cpp recognises what it skips (llama_adapter_lora_init).
    private const string NormVector = "_norm.weight";

    private readonly GgufFile _file;
    private readonly GgufFile _model;

    private GgufAdapter(GgufFile file, GgufFile model) => (_file, _model) = (file, model);

    /// <summary>The file's path, as given.</summary>
    public string Path => _file.Path;

    /// <summary>α; 0 if the file has none, in which case α/r is left out.</summary>
    public float Alpha { get; private set; }

    /// <summary>The adapted weights.</summary>
    public IReadOnlyList<Pair> Pairs { get; private set; } = [];

    /// <summary>The names of norm vectors, which are trained as a whole instead of by factors and ignored by llama.cpp.</summary>
    public IReadOnlyList<string> Unused { get; private set; } = [];

    /// <summary>The file, which holds the factors' data.</summary>
    public GgufFile File => _file;

    /// <summary>The least precise type of the factors, by bits; of the two 16-bit types, BF16.</summary>
    public string FileType => $"{Pairs.SelectMany(pair => (GgmlType[])[pair.A.Type, pair.B.Type]).Append(GgmlType.F32).MinBy(type => (BitsOf(type), type == GgmlType.BF16 ? 0 : 1))}";

    /// <summary>Opens a file and checks it.</summary>
    /// <param name="path">The adapter.</param>
    /// <param name="model">The model, which is only read during this call.</param>
    /// <exception cref="ModelFileException">It is not an adapter, or not one for this model.</exception>
    public static GgufAdapter Open(string path, GgufFile model)
    {
        GgufFile file = GgufFile.Open(path);
        try
        {
            var adapter = new GgufAdapter(file, model);
            adapter.ReadKind();
            adapter.ReadPairs();
            return adapter;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>The factor of B·A·x, rounded as in llama.cpp.</summary>
    /// <param name="asked">s, chosen by the user of the adapter.</param>
    /// <param name="alpha">α.</param>
    /// <param name="rank">r.</param>
    public static float Scale(float asked, float alpha, long rank) => alpha == 0 ? asked : asked * alpha / rank;

    /// <summary>Whether a tensor is a matrix that llama.cpp multiplies with its adapter, that is, neither a table of rows to look up nor part of the
    /// classifier.</summary>
    public static bool CanAdapt(GgufTensor tensor)
    {
        string name = tensor.Name.EndsWith(Weights, StringComparison.Ordinal) ? tensor.Name[..^Weights.Length] : "";
        string last = name[(name.LastIndexOf('.') + 1)..];
        bool isLookedUp = name is "token_embd" or "position_embd" or "token_types" or "per_layer_token_embd" || last == "attn_rel_b";
        bool isClassifier = name == "cls" || name.StartsWith("cls.", StringComparison.Ordinal);
        return last.Length > 0 && tensor.Shape.Count >= 2 && !isLookedUp && !isClassifier && !last.EndsWith("norm", StringComparison.Ordinal);
    }

    /// <summary>The adapter's entry in a loaded model's card.</summary>
    /// <param name="asked">How it is used.</param>
    public AdapterCard ToCard(AdapterOptions asked) => new(asked.Path, asked.Scale, FileType) { Share = AdapterShare.Of(this, _model, asked.Scale) };

    /// <summary>Logs which parts of the file have no effect.</summary>
    public void WarnOfUnused(ILogger logger)
    {
        if (Unused.Count > 0)
        {
            LogUnused(logger, _file.FileName, Unused.Count, Unused[0], _model.FileName, Pairs.Count == 0 ? ", and the adapter changes nothing" : "");
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    private void ReadKind()
    {
        GgufMetadata metadata = _file.Metadata;
        Expect("general.type", FileKind);
        Expect(GgufKeys.Architecture, _model.Metadata.RequireString(GgufKeys.Architecture));
        Expect("adapter.type", AdapterKind);
        Alpha = metadata.GetFloat32("adapter.lora.alpha") ?? 0;
        if (!float.IsFinite(Alpha))
        {
            throw metadata.Refuse("adapter.lora.alpha", "a finite number", $"{Alpha}", "Convert the adapter again.");
        }
        if (metadata[InvocationTokens] is not null)
        {
            throw metadata.Refuse(InvocationTokens, "an adapter that works on every token", "one that a sequence of tokens switches on", "Use another adapter.");
        }
        if (_file.PartPaths.Skip(1).Any())
        {
            throw Refuse("one file", "a split one");
        }

        void Expect(string key, string expected)
        {
            string? found = metadata.GetString(key);
            if (found != expected)
            {
                string hint = key == GgufKeys.Architecture ? $"Take an adapter that was made for {_model.FileName}." : "Give a file that holds LoRA adapters.";
                throw metadata.Refuse(key, $"'{expected}'", found is null ? "nothing" : $"'{found}'", hint);
            }
        }
    }

    private void ReadPairs()
    {
        var pairs = new List<Pair>();
        Unused = [.. _file.Tensors.Select(tensor => tensor.Name).Where(name => name.EndsWith(NormVector, StringComparison.Ordinal))];
        foreach (GgufTensor tensor in _file.Tensors.Where(tensor => !tensor.Name.EndsWith(NormVector, StringComparison.Ordinal)))
        {
            bool isA = tensor.Name.EndsWith(SuffixA, StringComparison.Ordinal);
            if (!isA && !tensor.Name.EndsWith(SuffixB, StringComparison.Ordinal))
            {
                throw Refuse($"tensors whose names end in {SuffixA} or {SuffixB}", $"'{tensor.Name}'");
            }
            string target = tensor.Name[..^SuffixA.Length], other = target + (isA ? SuffixB : SuffixA);
            GgufTensor counterpart = _file.FindTensor(other) ?? throw Refuse($"'{other}' beside '{tensor.Name}'", "none");
            if (isA)
            {
                pairs.Add(Check(target, tensor, counterpart));
            }
        }
        Pairs = pairs.Count + Unused.Count > 0 ? pairs : throw Refuse("adapters of some weights", "no tensors");
    }

    private Pair Check(string target, GgufTensor a, GgufTensor b)
    {
        GgufTensor weight = _model.FindTensor(target)
            ?? throw Refuse($"adapters of weights that {_model.FileName} has", $"one of '{target}'");
        bool isLookedUp = target == Embedding;
        if (isLookedUp && IsHead)
        {
            throw new ModelFileException(
                $"Loading the adapter {_file.FileName} for {_model.FileName}: expected no factors of '{target}', which is the model's head as well, found some. Factors for looking up rows do not fit a product, and llama.cpp has no others; take an adapter that leaves the embedding as it is.");
        }
        if (!isLookedUp && !CanAdapt(weight))
        {
            throw Refuse("adapters of weights that are multiplied, or of the token embedding", $"one of '{target}' {weight.ShapeText}, which llama.cpp would load and not use");
        }
        long rank = isLookedUp ? b.Shape[0] : a.Shape.Count > 1 ? a.Shape[1] : 1;
        long[] experts = [.. weight.Shape.Skip(2)];
        Agree(a, isLookedUp ? [rank, weight.Shape[1]] : [weight.Shape[0], rank, .. experts]);
        Agree(b, isLookedUp ? [rank, weight.Shape[0]] : [rank, weight.Shape[1], .. experts]);
        return new Pair(target, a, b, rank, isLookedUp);

        void Agree(GgufTensor factor, long[] expected)
        {
            if (!TrimOnes(factor.Shape).SequenceEqual(TrimOnes(expected)))
            {
                throw new ModelFileException(
                    $"Loading '{factor.Name}' from {_file.FileName}: expected ({string.Join(", ", expected)}) from '{target}' {weight.ShapeText}{(isLookedUp ? ", whose factors are turned," : "")} and rank {rank}, file has {factor.ShapeText}. Take an adapter that was made for {_model.FileName}.");
            }
            if (factor.Type is GgmlType.Q8_1 or GgmlType.Q8_K or GgmlType.I8 or GgmlType.I16 or GgmlType.I32 or GgmlType.I64 or GgmlType.F64)
            {
                throw new ModelFileException($"Loading '{factor.Name}' from {_file.FileName}: expected a format of weights, found {factor.TypeName}. Convert the adapter again.");
            }
        }
    }

    private static double BitsOf(GgmlType type) => 8.0 * GgmlBlock.Of(type).Bytes / GgmlBlock.Of(type).Elements;

    // A file without a head uses the embedding instead; an encoder has no head.
    private bool IsHead => !GgufUsage.IsEncoder(_model.Metadata.RequireString(GgufKeys.Architecture)) && _model.FindTensor("output.weight") is null;

    // A trailing 1 has no meaning: (64, 1) is (64).
    private static IEnumerable<long> TrimOnes(IReadOnlyList<long> shape) => shape.Take(shape.Count - shape.Reverse().TakeWhile(length => length == 1).Count());

    private ModelFileException Refuse(string expected, string found) => new(
        $"Loading the adapter {_file.FileName} for {_model.FileName}: expected {expected}, found {found}. Take an adapter that was made for this model.");

    /// <summary>The factors of one weight, in ggml's order: A (in, r) and B (r, out), or for rows that are looked up A (r, V) and B (r, d).</summary>
    /// <param name="Target">The weight's name.</param>
    /// <param name="A">The first factor.</param>
    /// <param name="B">The second factor.</param>
    /// <param name="Rank">r.</param>
    /// <param name="IsLookedUp">Whether the weight's rows are looked up, not multiplied.</param>
    internal sealed record Pair(string Target, GgufTensor A, GgufTensor B, long Rank, bool IsLookedUp);

    [LoggerMessage(5, LogLevel.Warning, "{Adapter} holds {Count} vectors of norms, such as {Name}, which neither llama.cpp nor any other backend here uses: the norms of {Model} stay unchanged{Rest}.", EventName = nameof(UnusedVectors))]
    private static partial void LogUnused(ILogger logger, string adapter, int count, string name, string model, string rest);
}
