using System.Text.RegularExpressions;
using Engine.Gguf;

namespace Engine.LlamaCpp.Quantizer;

/// <summary>Reads what the quantizer reports only in its log (src/llama-quant.cpp).</summary>
internal sealed partial class QuantizeLog
{
    private static readonly Dictionary<string, GgmlType> Types = Enum.GetValues<GgmlType>().ToDictionary(type => GgmlBlock.Of(type).Name);

    private readonly Dictionary<string, GgmlType> _wanted = [];
    private readonly Dictionary<string, GgmlType> _planned = [];

    /// <summary>For each tensor that fell back, the format that its row length does not allow.</summary>
    public IReadOnlyDictionary<string, GgmlType> Wanted => _wanted;

    /// <summary>After a dry run: the new format of each tensor that is converted.</summary>
    public IReadOnlyDictionary<string, GgmlType> Planned => _planned;

    /// <summary>After a dry run: whether an importance matrix is needed.</summary>
    public bool NeedsImportanceMatrix { get; private set; }

    /// <summary>Reads a line and returns the name of the tensor that it reports as done, if any.</summary>
    public string? Read(string line)
    {
        if (FallbackLine().Match(line) is { Success: true } fallback && Types.TryGetValue(fallback.Groups["type"].Value, out GgmlType wanted))
        {
            _wanted[fallback.Groups["name"].Value] = wanted;
        }
        else if (TensorLine().Match(line) is { Success: true } tensor)
        {
            string name = tensor.Groups["name"].Value;
            if (Types.TryGetValue(tensor.Groups["to"].Value, out GgmlType planned))
            {
                _planned[name] = planned;
            }
            return name;
        }
        else
        {
            NeedsImportanceMatrix |= line.EndsWith("will require an imatrix!", StringComparison.Ordinal);
        }
        return null;
    }

    // warning: blk.0.attn_q.weight - ncols     64 not divisible by 256 (required for type    q4_K) -> falling back to    q5_0
    [GeneratedRegex(@"^warning: (?<name>.+?)\s+- ncols\s+\d+ not divisible by\s+\d+ \(required for type\s+(?<type>\w+)\)")]
    private static partial Regex FallbackLine();

    // [   1/  30] token_embd.weight - [   64,   300,     1,     1], type =    f32, size =     0.07 MiB ->     0.02 MiB (q8_0)
    [GeneratedRegex(@"^\[\s*\d+/\s*\d+\] (?<name>.+?)\s+- \[[^\]]*\], type =\s+\w+, .*?(?:\((?<to>\w+)\))?$")]
    private static partial Regex TensorLine();
}
