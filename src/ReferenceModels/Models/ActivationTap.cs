using Engine;
using ReferenceModels.Ops;

namespace ReferenceModels.Models;

/// <summary>
/// Collects the intermediate tensors of one pass under llama.cpp's names, so that two sides can be joined by name; in a replay it
/// also replaces each collected tensor with the other side's, so that every op gets the same inputs as the other side's op.
/// </summary>
/// <remarks>
/// Names, operations, shapes and occurrences are those that the native side reports (Engine.LlamaCpp's ActivationTap and GraphNode).
/// They are llama.cpp's own, in the order of its graph, so that a repeated name has the same occurrence on both sides. In addition:
/// <list type="bullet">
/// <item>a tensor that llama.cpp does not name is named after the weight or bias it is computed with: the product with
/// <c>blk.3.attn_output.weight</c> and the sum with <c>blk.3.attn_output.bias</c> are <c>attn_output-3</c> (MUL_MAT and ADD), BERT's rows of
/// positions are <c>position_embd</c> (GET_ROWS), its sum of tokens and segments <c>token_types</c> (ADD), the output of its layers
/// <c>layer_output_norm-0</c> (ADD; the last layer's is <c>result_embd</c>);</item>
/// <item>a product with a weight that has adapters is <c>attn_q-3</c> (MUL_MAT), <c>attn_q.lora_a-3</c> and <c>attn_q.lora_b-3</c> (MUL_MAT),
/// <c>scale(attn_q.lora_b-3)</c> (SCALE), and the sum (ADD) under llama.cpp's name or, without one, <c>attn_q.lora-3</c>; embedding
/// rows likewise, with GET_ROWS instead of the products with weight and A; with several adapters, only the last sum is reported;</item>
/// <item>a tensor without a weight is named after its operation and sources: BERT's <c>add(kqv_out-0,inp_norm-0)</c>, in later layers
/// <c>add(kqv_out-1,layer_output_norm-0)</c>, and <c>add(ffn_out-0,ffn_inp-0)</c>, all ADD;</item>
/// <item>scores (<c>kq</c>, <c>kq_plus_kq_b</c>, <c>kq_soft_max</c>) and T5's <c>pos_bias</c> cover only the positions in use, in
/// the shape (n, T, H), although llama.cpp's own cover its padded cache;</item>
/// <item>only the native side has the selection of the last layer's rows (GET_ROWS, <c>l_out-0 (rows)</c>), which changes nothing when all are
/// requested, and the rows gathered for T5's bias (GET_ROWS, <c>attn_rel_b-0</c>), whose numbers are those of <c>pos_bias</c> (CONT).</item>
/// </list>
/// </remarks>
/// <param name="names">The requested names, such as <c>l_out-0</c>, or <see cref="ScoreRequest.AllActivations"/>.</param>
/// <param name="replay">The other side's tensors; empty unless this is a replay.</param>
internal sealed class ActivationTap(IReadOnlyList<string> names, IReadOnlyList<Activation> replay)
{
    private readonly bool _all = names.Contains(ScoreRequest.AllActivations);
    private readonly HashSet<string> _names = new(names, StringComparer.Ordinal);
    private readonly Dictionary<(string?, string, string), int> _seen = [];
    private readonly List<Activation> _taken = [];
    private readonly Dictionary<(string?, string, string, int), Activation> _given =
        replay.ToDictionary(given => (given.Part, given.Name, given.Operation, given.Occurrence));

    /// <summary>The part of the model that the pass runs: <c>encoder</c> or <c>decoder</c> if it has both.</summary>
    public string? Part { get; set; }

    /// <summary>The collected activations, in the order of the pass.</summary>
    public IReadOnlyList<Activation> Activations => _taken;

    /// <summary>Whether a tensor that would be computed only for the tap is requested, or needed for the replay.</summary>
    public bool Wants(string name, int layer) => _all || _given.Count > 0 || _names.Contains(FullName(name, layer));

    /// <summary>Collects a tensor (T, columns), which is (columns, T) or (head size, heads, T) in llama.cpp.</summary>
    /// <param name="name">llama.cpp's name, without the layer.</param>
    /// <param name="layer">The layer, or -1 if the name has none.</param>
    /// <param name="operation">ggml's name of the operation.</param>
    /// <param name="x">Gets the other side's values in a replay.</param>
    /// <param name="headSize">Set if the tensor is (head size, heads, T) in llama.cpp.</param>
    public void Take(string name, int layer, string operation, Tensor x, int headSize = 0) =>
        Take(name, layer, operation, x, headSize == 0 ? [x.Columns, x.Rows] : [headSize, x.Columns / headSize, x.Rows]);

    /// <summary>Collects a tensor whose shape in ggml's order differs from its rows and columns.</summary>
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

    /// <summary>Skips a tensor that only the other side has, so that the next one of this name gets the next occurrence.</summary>
    public void Skip(string name, string operation) => _seen[(Part, name, operation)] = _seen.GetValueOrDefault((Part, name, operation)) + 1;

    private static string FullName(string name, int layer) => layer < 0 ? name : $"{name}-{layer}";
}
