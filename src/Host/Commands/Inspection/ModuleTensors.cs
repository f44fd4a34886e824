using System.Globalization;
using Engine.Gguf;

namespace Engine.Host.Commands.Inspection;

/// <summary>Makes the leaves of a module tree from the tensors of a file, and tracks which tensors have been placed.</summary>
internal sealed class ModuleTensors(GgufFile file)
{
    private readonly HashSet<string> _placed = [];

    public string Architecture { get; } = file.Metadata.RequireString(GgufKeys.Architecture);

    public GgufMetadata Metadata => file.Metadata;

    /// <summary>Whether no tensor is left out of the tree.</summary>
    public bool AllPlaced => file.Tensors.All(tensor => _placed.Contains(tensor.Name));

    public bool Has(string name) => file.FindTensor(name) is not null;

    /// <summary>The named parts that exist.</summary>
    public static IReadOnlyList<(string Name, Module Module)> Parts(params ReadOnlySpan<(string Name, Module? Module)> parts)
    {
        var present = new List<(string, Module)>();
        foreach ((string name, Module? module) in parts)
        {
            if (module is not null)
            {
                present.Add((name, module));
            }
        }
        return present;
    }

    /// <summary>A node, or null if it would have no parts.</summary>
    public static Module? Node(string name, params ReadOnlySpan<(string Name, Module? Module)> parts) =>
        Parts(parts) is { Count: > 0 } present ? new Module(name, present) : null;

    /// <summary>The layers <c>{prefix}0.</c>, <c>{prefix}1.</c>, … as the list that transformers prints.</summary>
    public Module Layers(string prefix, Func<string, Module?> layer)
    {
        int count = file.Tensors.Select(tensor => Number(tensor.Name, prefix)).DefaultIfEmpty(-1).Max() + 1;
        return Module.List("ModuleList", Enumerable.Range(0, Math.Min(count, file.Tensors.Count)).Select(i => layer($"{prefix}{i}.")).OfType<Module>());
    }

    public Module? Linear(string name) => Matrix(name, (inputs, outputs, bias) => $"Linear(in_features={inputs}, out_features={outputs}, bias={bias})");

    /// <summary>GPT-2's linear layer, whose weight its authors keep transposed. GGUF does not.</summary>
    public Module? Conv1D(string name) => Matrix(name, (inputs, outputs, _) => $"Conv1D(nf={outputs}, nx={inputs})");

    /// <summary>The number of experts whose matrices a tensor holds; 0 if there is no such tensor.</summary>
    public long Experts(string name) => file.FindTensor($"{name}.weight") is { Shape.Count: 3 } weight ? weight.Shape[2] : 0;

    /// <summary>The linear layer of one expert; those of the others in the tensor are alike.</summary>
    public Module? ExpertLinear(string name) => Take($"{name}.weight", rank: 3) is { } weight
        ? new Module($"Linear(in_features={weight.Shape[0]}, out_features={weight.Shape[1]}, bias=False)") : null;

    /// <summary>The head that shares the token embedding.</summary>
    /// <param name="bias">The name of its own bias, if it may have one.</param>
    public Module? TiedHead(string? bias = null) => file.FindTensor("token_embd.weight") is { Shape.Count: 2 } embedding
        ? new Module($"Linear(in_features={embedding.Shape[0]}, out_features={embedding.Shape[1]}, bias={bias is not null && Take(bias) is not null})")
        : null;

    public Module? Embedding(string name, string more = "") =>
        Take($"{name}.weight", rank: 2) is { } table ? new Module($"Embedding({table.Shape[1]}, {table.Shape[0]}{more})") : null;

    /// <param name="name">Without <c>.weight</c>.</param>
    /// <param name="epsilonKey">The metadata key after the architecture's name.</param>
    public Module? LayerNorm(string name, string epsilonKey = "attention.layer_norm_epsilon") =>
        Take($"{name}.weight") is not { } gain ? null
            : new Module($"LayerNorm(({gain.Elements},), eps={Epsilon(epsilonKey)}, elementwise_affine=True{(Take($"{name}.bias") is null ? ", bias=False" : "")})");

    public Module? RmsNorm(string module, string name) =>
        Take($"{name}.weight") is not { } gain ? null
            : new Module($"{module}(({gain.Elements},), eps={Epsilon("attention.layer_norm_rms_epsilon")}{(Take($"{name}.bias") is null ? "" : ", bias=True")})");

    /// <summary>A tensor that transformers does not show, or not with its sizes.</summary>
    public GgufTensor? Take(string name, int? rank = null)
    {
        GgufTensor? tensor = file.FindTensor(name);
        if (tensor is null || (rank ?? tensor.Shape.Count) != tensor.Shape.Count)
        {
            return null;
        }
        _placed.Add(name);
        return tensor;
    }

    private Module? Matrix(string name, Func<long, long, bool, string> text) => Take($"{name}.weight", rank: 2) is { } weight
        ? new Module(text(weight.Shape[0], weight.Shape[1], Take($"{name}.bias") is not null))
        : null;

    private string Epsilon(string key) =>
        file.Metadata[$"{Architecture}.{key}"]?.Value is float epsilon ? epsilon.ToString(CultureInfo.InvariantCulture).ToLowerInvariant() : "?";

    private static int Number(string tensor, string prefix) =>
        tensor.StartsWith(prefix, StringComparison.Ordinal) && tensor.AsSpan(prefix.Length) is var rest && rest.IndexOf('.') is > 0 and { } end
        && int.TryParse(rest[..end], NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? Math.Min(number, GgufLimits.Tensors) : -1;
}
