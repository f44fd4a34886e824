using System.Globalization;
using Engine.Gguf;
using Engine.LlamaCpp.Memory;

namespace Engine.Host.Commands.Inspection;

/// <summary>What <c>inspect --json</c> prints.</summary>
internal sealed record InspectReport
{
    public required string Architecture { get; init; }

    /// <summary>Number of weights; tied ones count once.</summary>
    public required long Parameters { get; init; }

    public required string FileType { get; init; }

    public required uint Version { get; init; }

    public required long Bytes { get; init; }

    /// <summary>Why llama.cpp must not load the file; null if it can.</summary>
    public string? Refusal { get; init; }

    /// <summary>Null for a file without weights and for one that must not be loaded.</summary>
    public InspectedMemory? Memory { get; init; }

    /// <summary>All entries in the file's order; NaN and infinities are strings, since JSON has no such numbers.</summary>
    public required IReadOnlyDictionary<string, object> Metadata { get; init; }

    public required IReadOnlyList<InspectedTensor> Tensors { get; init; }

    public static InspectReport Of(GgufFile file, InspectedMemory? memory, string? refusal) => new()
    {
        Architecture = file.Metadata.RequireString(GgufKeys.Architecture),
        Parameters = file.Tensors.Sum(tensor => tensor.Elements),
        FileType = GgufFileType.Of(file),
        Version = file.Version,
        Bytes = file.FileBytes,
        Refusal = refusal,
        Memory = memory,
        Metadata = file.Metadata.Keys.ToDictionary(key => key, key => Plain(file.Metadata[key]!)),
        Tensors = [.. file.Tensors.Select(tensor => new InspectedTensor(tensor.Name, tensor.Shape, tensor.TypeName, tensor.ByteLength))],
    };

    private static object Plain(GgufValue value) => value.ElementType switch
    {
        null => Finite(value.Value),
        GgufValueType.Float32 => value.ArrayOf<float>()!.Select(number => Finite(number)),
        GgufValueType.Float64 => value.ArrayOf<double>()!.Select(number => Finite(number)),
        GgufValueType.UInt8 => value.ArrayOf<byte>()!.Select(number => (int)number), // the serializer would write Base64
        _ => value.Value,
    };

    private static object Finite(object value) => value switch
    {
        float number when !float.IsFinite(number) => number.ToString(CultureInfo.InvariantCulture),
        double number when !double.IsFinite(number) => number.ToString(CultureInfo.InvariantCulture),
        _ => value,
    };
}

/// <summary>One tensor.</summary>
/// <param name="Name">The name in the file.</param>
/// <param name="Shape">The shape in ggml's order, fastest dimension first.</param>
/// <param name="Type">The type as printed by ggml.</param>
/// <param name="Bytes">The size of its data in bytes.</param>
internal sealed record InspectedTensor(string Name, IReadOnlyList<long> Shape, string Type, long Bytes);

/// <summary>The memory of a context in llama.cpp on the CPU, with production numerics.</summary>
/// <param name="ContextLength">Tokens.</param>
/// <param name="WeightBytes">The tensors, mapped from the file.</param>
/// <param name="RepackedBytes">llama.cpp's copies of quantized weights in another order.</param>
/// <param name="KeyValueBytes">The K/V cache.</param>
/// <param name="ComputationBytes">Activations, masks, logits: an upper bound.</param>
/// <param name="TotalBytes">All of these.</param>
internal sealed record InspectedMemory(
    int ContextLength, long WeightBytes, long RepackedBytes, long KeyValueBytes, long ComputationBytes, long TotalBytes)
{
    /// <param name="file">The model.</param>
    /// <param name="contextLength">Tokens; null for the engine's default.</param>
    public static InspectedMemory? Of(GgufFile file, int? contextLength)
    {
        if (file.Tensors.Count == 0)
        {
            return null;
        }
        int length = new ModelFacts(file).ContextLength(contextLength ?? 0);
        ContextMemory need = ContextMemory.Estimate(file, length, Numerics.Production);
        return new InspectedMemory(length, need.Weights, need.Repacked, need.KeyValues, need.Computation, need.Total);
    }
}
