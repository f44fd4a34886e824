namespace Engine.Gguf;

/// <summary>A file of low-rank adapters (LoRA, Hu et al. 2021, https://arxiv.org/abs/2106.09685): for some weights W₀ of a model, A (in, r)
/// and B (r, out), so that the product becomes W₀·x + s·α/r·B·A·x.</summary>
/// <remarks>Checked against the model before llama.cpp has it: what would end the process there (a text where it reads a number, integers
/// as factors, an adapted embedding that is also the output) and what it would read and never use.</remarks>
internal sealed class GgufAdapter : IDisposable
{
    /// <summary>What the file says it is.</summary>
    public const string FileKind = "adapter", AdapterKind = "lora";

    /// <summary>Behind a weight's name.</summary>
    public const string SuffixA = ".lora_a", SuffixB = ".lora_b";

    private const string InvocationTokens = "adapter.alora.invocation_tokens";
    private const string Weights = ".weight";

    private readonly GgufFile _file;
    private readonly GgufFile _model;

    private GgufAdapter(GgufFile file, GgufFile model) => (_file, _model) = (file, model);

    /// <summary>Where the file lies, as it was given.</summary>
    public string Path => _file.Path;

    /// <summary>α; 0 where the file has none, which leaves out α/r.</summary>
    public float Alpha { get; private set; }

    /// <summary>The adapted weights.</summary>
    public IReadOnlyList<Pair> Pairs { get; private set; } = [];

    /// <summary>The file, which holds the factors' data.</summary>
    public GgufFile File => _file;

    /// <summary>Opens a file and checks it.</summary>
    /// <param name="path">The adapter.</param>
    /// <param name="model">Read only; has to live as long as this call.</param>
    /// <exception cref="ModelFileException">It is no adapter, or not one of this model.</exception>
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

    /// <summary>What B·A·x is multiplied by, rounded as llama.cpp does.</summary>
    /// <param name="asked">s, of the one who uses the adapter.</param>
    /// <param name="alpha">α.</param>
    /// <param name="rank">r.</param>
    public static float Scale(float asked, float alpha, long rank) => alpha == 0 ? asked : asked * alpha / rank;

    /// <summary>Whether a tensor is a matrix that llama.cpp multiplies with its adapter: not one of those it looks rows up in, and not the
    /// classifier's.</summary>
    public static bool CanAdapt(GgufTensor tensor)
    {
        string name = tensor.Name.EndsWith(Weights, StringComparison.Ordinal) ? tensor.Name[..^Weights.Length] : "";
        string last = name[(name.LastIndexOf('.') + 1)..];
        bool isLookedUp = name is "token_embd" or "position_embd" or "token_types" or "per_layer_token_embd" || last == "attn_rel_b";
        bool isClassifier = name == "cls" || name.StartsWith("cls.", StringComparison.Ordinal);
        return last.Length > 0 && tensor.Shape.Count >= 2 && !isLookedUp && !isClassifier && !last.EndsWith("norm", StringComparison.Ordinal);
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
                string remedy = key == GgufKeys.Architecture ? $"Take an adapter that was made for {_model.FileName}." : "Give a file that holds LoRA adapters.";
                throw metadata.Refuse(key, $"'{expected}'", found is null ? "nothing" : $"'{found}'", remedy);
            }
        }
    }

    private void ReadPairs()
    {
        var pairs = new List<Pair>();
        foreach (GgufTensor tensor in _file.Tensors)
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
        Pairs = pairs.Count > 0 ? pairs : throw Refuse("adapters of some weights", "no tensors");
    }

    private Pair Check(string target, GgufTensor a, GgufTensor b)
    {
        GgufTensor weight = _model.FindTensor(target)
            ?? throw Refuse($"adapters of weights that {_model.FileName} has", $"one of '{target}'");
        if (!CanAdapt(weight))
        {
            throw Refuse("adapters of weights that are multiplied", $"one of '{target}' {weight.ShapeText}, which is not, or not by llama.cpp");
        }
        long rank = a.Shape.Count > 1 ? a.Shape[1] : 1;
        long[] experts = [.. weight.Shape.Skip(2)];
        Agree(a, [weight.Shape[0], rank, .. experts]);
        Agree(b, [rank, weight.Shape[1], .. experts]);
        return new Pair(target, a, b, rank);

        void Agree(GgufTensor factor, long[] expected)
        {
            if (!TrimOnes(factor.Shape).SequenceEqual(TrimOnes(expected)))
            {
                throw new ModelFileException(
                    $"Loading '{factor.Name}' from {_file.FileName}: expected ({string.Join(", ", expected)}) from '{target}' {weight.ShapeText} and rank {rank}, file has {factor.ShapeText}. Take an adapter that was made for {_model.FileName}.");
            }
            if (factor.Type is GgmlType.Q8_1 or GgmlType.Q8_K or GgmlType.I8 or GgmlType.I16 or GgmlType.I32 or GgmlType.I64 or GgmlType.F64)
            {
                throw new ModelFileException($"Loading '{factor.Name}' from {_file.FileName}: expected a format of weights, found {factor.TypeName}. Convert the adapter again.");
            }
        }
    }

    // A trailing 1 says nothing: (64, 1) is (64).
    private static IEnumerable<long> TrimOnes(IReadOnlyList<long> shape) => shape.Take(shape.Count - shape.Reverse().TakeWhile(length => length == 1).Count());

    private ModelFileException Refuse(string expected, string found) => new(
        $"Loading the adapter {_file.FileName} for {_model.FileName}: expected {expected}, found {found}. Take an adapter that was made for this model.");

    /// <summary>The factors of one weight.</summary>
    /// <param name="Target">The weight's name.</param>
    /// <param name="A">(in, r) in ggml's order.</param>
    /// <param name="B">(r, out) in ggml's order.</param>
    /// <param name="Rank">r.</param>
    internal sealed record Pair(string Target, GgufTensor A, GgufTensor B, long Rank);
}
