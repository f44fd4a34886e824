using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using Engine.Gguf;
using Engine.LlamaCpp.Interop;

namespace Engine.LlamaCpp.Taps;

/// <summary>A node of llama.cpp's graph: its name, and how much of it is meaningful, both derived from what it is computed from.</summary>
/// <remarks>
/// llama.cpp numbers the nodes that it does not name (<c>node_31</c>), and the numbers move with every change of a graph. Here
/// such a node is named
/// <list type="bullet">
/// <item>after the first weight or bias among its sources, without the suffix and with the layer after:
/// the product with <c>blk.3.attn_output.weight</c> and the sum with <c>blk.3.attn_output.bias</c> are both <c>attn_output-3</c>
/// (MUL_MAT and ADD), the rows of <c>position_embd.weight</c> are <c>position_embd</c>; the parts <c>enc.</c> and <c>dec.</c> of a
/// weight's name are left out, because an activation has its part beside its name; the products with an adapter's factors keep which one it
/// is, <c>attn_q.lora_a-3</c> and <c>attn_q.lora_b-3</c>, and the sum with what they give is <c>attn_q.lora-3</c>;</item>
/// <item>with <c>(cache)</c> appended if it is a copy of the cache's V: <c>v_cont-0 (cache)</c>;</item>
/// <item>like a view of its source, where it does no more than choose the rows that give outputs (GET_ROWS by <c>out_ids</c>, all of
/// them here): <c>l_out-0 (rows)</c>;</item>
/// <item>else by its operation and its sources, such a choice left out: <c>add(kqv_out-0,inp_norm-0)</c>.</item>
/// </list>
/// Views keep the names that ggml makes of their source's, such as <c>Qcur-0 (reshaped)</c>.
/// </remarks>
internal readonly unsafe partial struct GraphNode(ggml_tensor* tensor)
{
    // The inputs by which T5's bias is gathered, in the decoder for all positions of the cache's view, and those that say where K and V are.
    private const string Buckets = "pos_bucket_1d";
    private const string CachedKeys = "cache_k_";
    private const string CachedValues = "cache_v_";
    private const string OutputRows = "out_ids";

    // How deeply names may nest. In a graph with long stretches of unnamed nodes they would grow without end.
    private const int Nesting = 2;

    private static readonly string[] Elementwise = ["ADD", "SCALE", "SOFT_MAX", "UNARY"];

    [GeneratedRegex(@"^(node|leaf)_\d+$")]
    private static partial Regex Numbered { get; }

    /// <summary>ggml's name of the operation, such as <c>MUL_MAT</c>.</summary>
    public string Operation => Marshal.PtrToStringUTF8(Ggml.ggml_op_name(tensor->op)) ?? "";

    /// <summary>llama.cpp's name, or the one that the remarks describe.</summary>
    public string Name => NameWithin(Nesting);

    /// <summary>The number of meaningful elements in dimension 0. Scores over the cache, and V if it is transposed for them, extend to the end of the cache's view, a multiple of
    /// 256 positions.</summary>
    /// <param name="positions">Positions in the cache.</param>
    /// <param name="encodes">Whether the graph is that of an encoder, which has no cache.</param>
    public long Columns(long positions, bool encodes) => !encodes && IsOverCache ? Math.Min(positions, tensor->ne[0]) : tensor->ne[0];

    private string NameWithin(int nesting)
    {
        string given = GivenName;
        return given.StartsWith(" (", StringComparison.Ordinal) ? FirstNamed(given, nesting) + given
            : given.Length > 0 && !Numbered.IsMatch(given) ? IsCachedValues ? given + " (cache)" : given
            : IsChoice ? Source(0)!.Value.NameWithin(nesting) + " (rows)"
            : Sources.Select(source => source.WeightsName).FirstOrDefault(name => name is not null) ?? AdaptedSum ?? Composed(nesting);
    }

    private string Composed(int nesting)
    {
        string operation = Operation.ToLowerInvariant();
        return nesting == 0 ? operation
            : $"{operation}({string.Join(',', Sources.Select(source => (source.IsChoice ? source.Source(0)!.Value : source).NameWithin(nesting - 1)))})";
    }

    private bool IsChoice => Operation == "GET_ROWS" && Source(1)?.GivenName == OutputRows;

    private bool IsOverCache => Operation switch
    {
        "MUL_MAT" => Source(0) is { } keys && keys.Root.GivenName.StartsWith(CachedKeys, StringComparison.Ordinal),
        "CONT" => Source(0) is { Operation: "PERMUTE" } permuted && permuted.Gathered?.Source(1)?.GivenName == Buckets || IsCachedValues,
        var operation => Elementwise.Contains(operation) && Source(0) is { IsOverCache: true },
    };

    // Flash attention decides whether V is transposed. The copy must not be mistaken for the one in cross-attention, which has the same name.
    private bool IsCachedValues =>
        Operation == "CONT" && Source(0) is { Operation: "TRANSPOSE" } turned && turned.Root.GivenName.StartsWith(CachedValues, StringComparison.Ordinal);

    // The indices by which rows were gathered, seen through a chain of views.
    private GraphNode? Gathered => Operation switch
    {
        "GET_ROWS" => this,
        "RESHAPE" or "PERMUTE" => Source(0)?.Gathered,
        _ => null,
    };

    private string? WeightsName => Root is { Operation: "NONE" } root ? WeightName.OfActivation(root.GivenName) : null;

    // An adapter's product is a separate one, which is scaled and added to the product with the weight.
    private string? AdaptedSum => Operation == "ADD" && Source(1) is { Operation: "SCALE" } scaled && scaled.Source(0) is { Operation: "MUL_MAT" } product
        && product.Source(0)?.WeightsName is { } factor ? WeightName.OfAdaptedSum(factor) : null;

    // Between devices, the scheduler uses copies named device#name#number.
    private string GivenName
    {
        get
        {
            string name = Marshal.PtrToStringUTF8((nint)tensor->name) ?? "";
            return name.Split('#') is [_, var original, _] ? original : name;
        }
    }

    private GraphNode Root => tensor->view_src is null ? this : new GraphNode(tensor->view_src).Root;

    private GraphNode[] Sources
    {
        get
        {
            var sources = new List<GraphNode>();
            foreach (nint source in MemoryMarshal.CreateReadOnlySpan(ref Unsafe.As<ggml_tensor.src_array, nint>(ref tensor->src), 10))
            {
                if (source != 0)
                {
                    sources.Add(new GraphNode((ggml_tensor*)source));
                }
            }
            return [.. sources];
        }
    }

    private GraphNode? Source(int index) => tensor->src[index] is not 0 and var source ? new GraphNode((ggml_tensor*)source) : null;

    private string FirstNamed(string otherwise, int nesting) => Source(0) is not { } source ? otherwise
        : source.GivenName.StartsWith(" (", StringComparison.Ordinal) ? source.FirstNamed(otherwise, nesting) : source.NameWithin(nesting);
}
