namespace Engine.Parity;

/// <summary>One op of either side, or of both.</summary>
internal sealed class LayerRow
{
    // Ops that move numbers without computing. The two sides need not have the same ones.
    private static readonly HashSet<string> Moving =
        ["GET_ROWS", "SET_ROWS", "RESHAPE", "VIEW", "PERMUTE", "TRANSPOSE", "CONT", "CONCAT", "CPY", "DUP"];

    public required string? Part { get; init; }

    public required string Name { get; init; }

    public required string Operation { get; init; }

    public required int Occurrence { get; init; }

    /// <summary>The layer, or null before the first and after the last.</summary>
    public int? Layer { get; set; }

    /// <summary>The native result; null if only the reference has the op.</summary>
    public Activation? Native { get; init; }

    /// <summary>The reference's key for it; null if the reference lacks it.</summary>
    public LayerKey? Reference { get; init; }

    /// <summary>Whether the two sides' shapes differ, so that nothing can be measured.</summary>
    public bool ShapesDiffer { get; init; }

    /// <summary>The difference, including everything accumulated before.</summary>
    public OpMeasure? SideBySide { get; set; }

    /// <summary>The difference of the op alone.</summary>
    public OpMeasure? Replay { get; set; }

    /// <summary>How much the op may differ in the replay.</summary>
    public OpTolerance? Tolerance { get; set; }

    public bool IsJoined => Native is not null && Reference is not null;

    /// <summary>Whether the op computes. If only one side has such an op, the other side lacks a part of the model.</summary>
    public bool Computes => !Moves(Operation);

    /// <summary>Whether it is a product with an adapter's factor, or that product after scaling.</summary>
    public static bool IsOfAdapter(string name) => name.Contains(".lora_", StringComparison.Ordinal);

    /// <summary>Whether it is a sum over some of several adapters. llama.cpp adds them in its own order, so only the last sum has a
    /// counterpart.</summary>
    public bool IsPartialSum => !IsJoined && Operation == "ADD" && Name.Contains(".lora", StringComparison.Ordinal);

    /// <summary>Whether an operation only moves numbers.</summary>
    public static bool Moves(string operation) => Moving.Contains(operation);

    public bool Diverges => ShapesDiffer || (Replay is { } measure && !Tolerance!.Allows(measure));

    public string Status => !IsJoined ? "UNMEASURED" : ShapesDiffer ? "shape" : Diverges ? "diverges" : "ok";

    /// <summary>As the report shows it.</summary>
    public ParityLayer ToLayer() => new(Name, Operation, Occurrence, Number(Replay?.Nmse), Number(Replay?.MaxAbsDiff), Status)
    {
        Part = Part,
        Layer = Layer,
        Only = IsJoined ? null : Native is not null ? "native" : "reference",
        WorstElement = Number(Replay?.WorstElement),
        NmseLimit = Replay is null ? null : Tolerance?.Nmse,
        ElementLimit = Replay is null ? null : Tolerance?.Element,
        SideBySideNmse = Number(SideBySide?.Nmse),
        SideBySideMaxAbsDiff = Number(SideBySide?.MaxAbsDiff),
    };

    /// <summary><c>layer 3, ffn_out (MUL_MAT)</c>.</summary>
    public string Describe()
    {
        string name = Layer is { } layer && Name.Contains($"-{layer}", StringComparison.Ordinal) ? Name.Replace($"-{layer}", "", StringComparison.Ordinal) : Name;
        return (Part is null ? "" : Part + " ") + (Layer is null ? "" : $"layer {Layer}, ") + $"{name} ({Operation})";
    }

    private static double? Number(double? value) => value is { } number && double.IsFinite(number) ? number : null;
}

/// <summary>The key by which activations are paired.</summary>
internal readonly record struct LayerKey(string? Part, string Name, string Operation, int Occurrence)
{
    public static LayerKey Of(Activation activation) => new(activation.Part, activation.Name, activation.Operation, activation.Occurrence);
}
