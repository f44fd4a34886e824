using Engine.LlamaCpp;
using Engine.LlamaCpp.Devices;
using Engine.Parity;
using Engine.Remote.Isolation;

namespace Engine.Host.Commands.Calibrating;

/// <summary>Measures how far apart correct engines are on one model: every native variant, in a process each, and the reference
/// in both of its arithmetics.</summary>
internal sealed class CalibrationRun(ModelOptions nativeOptions, Numerics numerics)
{
    /// <summary>A model small enough for several copies to run at once: it needs one thread and little memory.</summary>
    private const long SmallBytes = 16L << 20;
    private const int MaxTogether = 4;

    private readonly List<string> _engines = [];
    private readonly List<string> _failures = [];
    private readonly List<EngineDistance> _distances = [];

    /// <exception cref="EngineException">The engines as configured cannot be measured, or one of them is faulty.</exception>
    public async Task<Calibration> RunAsync(
        IModel native, IModel reference, ParityInput given, string environment, IReadOnlyList<string> hashes, CancellationToken cancellationToken)
    {
        IReadOnlyList<RowKind> kinds = RowKinds.Of(native.Card, reference.Card);
        IReadOnlyList<ParityInput> inputs = CalibrationSequences.Of(given, native.Card, kinds);
        Tolerance usual = Tolerance.For(native.Card, reference.Card, numerics);
        List<(string Name, NativeVariant Variant)> variants = Variants(native.Card, kinds, inputs.Count);
        using var bar = new ProgressBar("Calibrating");
        int steps = variants.Count + 2, step = 0;

        var references = new List<(string Name, RowTable Table)>();
        foreach ((string name, Arithmetic arithmetic) in new[] { (Calibration.ExactReference, Arithmetic.Exact), (Calibration.GgmlReference, Arithmetic.Ggml) })
        {
            await TryAsync(async () => references.Add((name, await RowTable.ReadAsync(
                "the reference", reference, inputs, kinds, numerics, arithmetic, null, cancellationToken).ConfigureAwait(false)))).ConfigureAwait(false);
            bar.Report((float)++step / steps);
        }
        if (references is not [(Calibration.ExactReference, { } exact), ..])
        {
            throw new EngineException(_failures[0]);
        }
        _engines.AddRange(references.Select(table => table.Name));
        _distances.AddRange(references.Skip(1).Select(other => other.Table.From(other.Name, exact, Calibration.ExactReference, usual.Metric)));

        RowTable? served = null;
        foreach ((string Name, NativeVariant Variant)[] group in Groups(variants, native.Card))
        {
            (string Name, bool Counts, Task<RowTable> Rows)[] running = [.. group.Select(one => (one.Name, !HasOtherNumerics(one.Variant),
                MeasuredChild.RunAsync(one.Name, nativeOptions, one.Variant, model => ReadAsync(model, one.Variant, inputs, kinds, cancellationToken), cancellationToken)))];
            foreach ((string name, bool counts, Task<RowTable> task) in running)
            {
                await TryAsync(async () =>
                {
                    RowTable rows = await task.ConfigureAwait(false);
                    IEnumerable<(string Name, RowTable Table)> others = served is null ? references : [.. references, (variants[0].Name, served)];
                    _distances.AddRange(others.Select(other => rows.From(name, other.Table, other.Name, usual.Metric) with { Counts = counts }));
                    served ??= rows;
                    _engines.Add(name);
                }).ConfigureAwait(false);
                bar.Report((float)++step / steps);
            }
            if (served is null)
            {
                throw new EngineException(_failures[^1]); // without the serving engine there is nothing to calibrate
            }
        }
        if (CalibrationFault.Of(_distances, variants[0].Name, usual) is { } fault)
        {
            throw new FaultException(fault);
        }
        return new Calibration
        {
            Models = hashes,
            ModelBytes = ContentHash.Length(nativeOptions.Path),
            Numerics = numerics,
            Environment = environment,
            Measured = TimeProvider.System.GetUtcNow(),
            Sequences = inputs.Count,
            Positions = exact.Positions,
            Longest = inputs.Max(input => input.Length),
            Metric = usual.Metric,
            Engines = _engines,
            Distances = _distances,
            Failures = _failures,
        };
    }

    /// <summary>Measures the serving engine alone, then the others in parallel as far as cores and memory allow.</summary>
    private static IEnumerable<(string Name, NativeVariant Variant)[]> Groups(List<(string Name, NativeVariant Variant)> variants, ModelCard card)
    {
        int together = card.TensorBytes <= SmallBytes ? Math.Clamp(Environment.ProcessorCount, 1, MaxTogether) : 1;
        return variants.Skip(1).Chunk(together).Prepend([variants[0]]);
    }

    /// <summary>The engine as it serves first; then each with one thing changed.</summary>
    private List<(string Name, NativeVariant Variant)> Variants(ModelCard card, IReadOnlyList<RowKind> kinds, int inputs)
    {
        IReadOnlyList<string> plugins = CpuPlugins.Find(nativeOptions.LibraryPath);
        bool onCpu = card.Device.Equals("cpu", StringComparison.OrdinalIgnoreCase);
        var variants = new List<(string, NativeVariant)> { (onCpu ? $"{CpuPlugins.Name(plugins[0])}, as served" : $"{card.Device}, as served", NativeVariant.AsServed) };
        if (onCpu)
        {
            variants.AddRange(plugins.Skip(1).Select(plugin => (CpuPlugins.Name(plugin), new NativeVariant(plugin))));
        }
        variants.Add(("plain weights", new NativeVariant(Repacks: false)));
        variants.Add(("flash attention", new NativeVariant(FlashAttention: true)));
        if (numerics == Numerics.Production)
        {
            variants.Add(("no flash attention", new NativeVariant(FlashAttention: false))); // strict is always without
        }
        if (kinds[0] == RowKind.Logits) // an encoder always takes a text in one piece
        {
            variants.Add(("micro-batch 1", new NativeVariant(MicroBatch: 1)));
            variants.Add(("micro-batch 512", new NativeVariant(MicroBatch: 512)));
        }
        if (numerics == Numerics.Production && kinds is [RowKind.Logits] && BatchOfEight.Runs(card)) // strict never shares a batch
        {
            variants.Add((Calibration.BatchOfEight, new NativeVariant(BatchedRequests: inputs)));
        }
        return variants;
    }

    private Task<RowTable> ReadAsync(IModel model, NativeVariant variant, IReadOnlyList<ParityInput> inputs, IReadOnlyList<RowKind> kinds, CancellationToken cancellationToken) =>
        variant.BatchedRequests > 0 ? RowTable.ReadTogetherAsync("the native side", model, inputs, numerics, cancellationToken)
            : RowTable.ReadAsync("the native side", model, inputs, kinds, numerics, Arithmetic.Exact, null, cancellationToken);

    /// <summary>Flash attention rounds to 16 bits whatever the type of the K/V cache, so strict runs without it.</summary>
    private bool HasOtherNumerics(NativeVariant variant) => numerics == Numerics.Strict && variant.FlashAttention == true;

    private async Task TryAsync(Func<Task> measure)
    {
        try
        {
            await measure().ConfigureAwait(false);
        }
        catch (EngineException e)
        {
            _failures.Add(e.Message);
        }
    }
}

/// <summary>Calibrating found a fault.</summary>
internal sealed class FaultException(string message) : EngineException(message);
