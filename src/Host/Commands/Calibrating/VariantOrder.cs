using Engine.LlamaCpp;
using Engine.Parity;

namespace Engine.Host.Commands.Calibrating;

/// <summary>What a child process is to compute; one line of JSON on its standard input.</summary>
internal sealed record VariantOrder(
    ModelOptions Options, NativeVariant Variant, Numerics Setting, IReadOnlyList<RowKind> Kinds, IReadOnlyList<ParityInput> Inputs);
