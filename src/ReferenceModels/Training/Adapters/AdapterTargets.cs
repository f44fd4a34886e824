using Engine;
using Engine.Gguf;

namespace ReferenceModels.Training.Adapters;

/// <summary>Which of a model's weights a run adapts.</summary>
internal static class AdapterTargets
{
    private const string Weight = ".weight";

    // The paper's choice (section 7.1). In GPT-2, attention's three weights are one.
    private static readonly string[] QueriesAndValues = ["attn_q", "attn_v"], Fused = ["attn_qkv"];

    /// <summary>The tensors' names, in the order of the file.</summary>
    /// <exception cref="InvalidRequestException">A name is not that of a weight that can be adapted.</exception>
    public static IReadOnlyList<string> Choose(GgufFile model, IReadOnlyList<string>? targets)
    {
        (string Name, string Tensor)[] known = [.. model.Tensors.Where(GgufAdapter.CanAdapt).Select(tensor => (NameOf(tensor.Name), tensor.Name))];
        string[] names = [.. known.Select(one => one.Name).Distinct()];
        IReadOnlyList<string> chosen = targets switch
        {
            null => names.Contains(Fused[0]) ? Fused : QueriesAndValues,
            [LowRankOptions.All] => [.. names.Where(name => name != "output")],
            _ => targets,
        };
        foreach (string name in chosen)
        {
            if (!names.Contains(name))
            {
                throw new InvalidRequestException(
                    $"Training an adapter for {model.FileName}: expected names of its weights, {string.Join(", ", names)} or {LowRankOptions.All}, found '{name}'. Correct the targets.");
            }
        }
        return [.. known.Where(one => chosen.Contains(one.Name)).Select(one => one.Tensor)];
    }

    // dec.blk.3.cross_attn_q.weight → cross_attn_q
    private static string NameOf(string tensor)
    {
        string name = tensor[..^Weight.Length];
        return name[(name.LastIndexOf('.') + 1)..];
    }
}
