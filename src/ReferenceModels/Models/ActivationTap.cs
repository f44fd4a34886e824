using Engine;
using ReferenceModels.Ops;

namespace ReferenceModels.Models;

/// <summary>
/// Looks at the intermediate tensors of one pass under llama.cpp's names, so that two sides can be joined by them; and in a replay
/// puts another side's tensor in the place of each it has looked at, so that every op is fed what the other side's op was fed.
/// </summary>
/// <remarks>
/// Names, operations, shapes and occurrences are those that the native side hands out (Engine.LlamaCpp's ActivationTap and GraphNode).
/// They are llama.cpp's own, in the order of its graph, so that a name that repeats has the same occurrence on both sides; and
/// <list type="bullet">
/// <item>what llama.cpp does not name is named after the weight or bias it is computed with: the product with
/// <c>blk.3.attn_output.weight</c> and the sum with <c>blk.3.attn_output.bias</c> are <c>attn_output-3</c> (MUL_MAT and ADD), BERT's rows of
/// positions are <c>position_embd</c> (GET_ROWS), its sum of tokens and segments <c>token_types</c> (ADD), the output of its layers
/// <c>layer_output_norm-0</c> (ADD; the last layer's is <c>result_embd</c>);</item>
/// <item>a product with a weight that has adapters is <c>attn_q-3</c> (MUL_MAT), <c>attn_q.lora_a-3</c> and <c>attn_q.lora_b-3</c> (MUL_MAT),
/// <c>scale(attn_q.lora_b-3)</c> (SCALE), and under llama.cpp's name, or else as <c>attn_q.lora-3</c>, the sum (ADD); rows that are looked
/// up likewise, with GET_ROWS in the place of the products with weight and A; of several adapters' sums the last alone;</item>
/// <item>what has no weight either is named after operation and sources: BERT's <c>add(kqv_out-0,inp_norm-0)</c>, in later layers
/// <c>add(kqv_out-1,layer_output_norm-0)</c>, and <c>add(ffn_out-0,ffn_inp-0)</c>, all ADD;</item>
/// <item>scores (<c>kq</c>, <c>kq_plus_kq_b</c>, <c>kq_soft_max</c>) and T5's <c>pos_bias</c> reach over the positions there are, in
/// the shape (n, T, H), though llama.cpp's own reach over its padded cache;</item>
/// <item>the choice of the last layer's rows (GET_ROWS, <c>l_out-0 (rows)</c>) is the native side's alone: nothing changes when all are requested;
/// and so are the rows gathered for T5's bias (GET_ROWS, <c>attn_rel_b-0</c>), whose numbers are those of <c>pos_bias</c> (CONT).</item>
/// </list>
/// </remarks>
/// <param name="names">The names asked for, such as <c>l_out-0</c>, or <see cref="ScoreRequest.AllActivations"/>.</param>
/// <param name="replay">The other side's tensors; none for a plain look.</param>
internal sealed class ActivationTap(IReadOnlyList<string> names, IReadOnlyList<Activation> replay)
{
    private readonly bool _all = names.Contains(ScoreRequest.AllActivations);
    private readonly HashSet<string> _names = new(names, StringComparer.Ordinal);
    private readonly Dictionary<(string?, string, string), int> _seen = [];
    private readonly List<Activation> _taken = [];
    private readonly Dictionary<(string?, string, string, int), Activation> _given =
        replay.ToDictionary(given => (given.Part, given.Name, given.Operation, given.Occurrence));

    /// <summary>The part of the model whose pass it is: <c>encoder</c> or <c>decoder</c> where there are two.</summary>
    public string? Part { get; set; }

    /// <summary>What was taken, in the order of the pass.</summary>
    public IReadOnlyList<Activation> Activations => _taken;

    /// <summary>Whether a tensor that would be worked out for its own sake is requested, or needed to replay.</summary>
    public bool Wants(string name, int layer) => _all || _given.Count > 0 || _names.Contains(FullName(name, layer));

    /// <summary>Takes (T, columns), which llama.cpp has as (columns, T), or as (head size, heads, T).</summary>
    /// <param name="name">llama.cpp's, without the layer.</param>
    /// <param name="layer">The layer, or -1 where the name has none.</param>
    /// <param name="operation">ggml's name of the operation.</param>
    /// <param name="x">Continues with the other side's values in a replay.</param>
    /// <param name="headSize">Set where llama.cpp has the tensor as (head size, heads, T).</param>
    public void Take(string name, int layer, string operation, Tensor x, int headSize = 0) =>
        Take(name, layer, operation, x, headSize == 0 ? [x.Columns, x.Rows] : [headSize, x.Columns / headSize, x.Rows]);

    /// <summary>Takes a tensor whose shape in ggml's order is another than its rows and columns say.</summary>
    public void Take(string name, int layer, string operation, Tensor x, long[] shape)
    {
        if (!Wants(name, layer))
        {
            return;
        }
        string fullName = FullName(name, layer);
        int occurrence = _seen.GetValueOrDefault((Part, fullName, operation));
        _seen[(Part, fullName, operation)] = occurrence + 1;
        if (_all || _names.Contains(fullName))
        {
            _taken.Add(new Activation(fullName, operation, occurrence, shape, x.Values.ToArray()) { Part = Part });
        }
        if (_given.TryGetValue((Part, fullName, operation, occurrence), out Activation? given) && given.Values.Length == x.Values.Length)
        {
            given.Values.CopyTo(x.Values);
        }
    }

    /// <summary>Passes over a tensor that the other side has and this one does not: the next of its name is another one.</summary>
    public void Skip(string name, string operation) => _seen[(Part, name, operation)] = _seen.GetValueOrDefault((Part, name, operation)) + 1;

    private static string FullName(string name, int layer) => layer < 0 ? name : $"{name}-{layer}";
}
