using Engine.Gguf;
using Engine.LlamaCpp.Quantizer;

namespace Engine.Tests.LlamaCpp.Quantizer;

/// <summary>Lines as llama.cpp v0.5.0 has logged them.</summary>
public sealed class QuantizeLogTests
{
    private readonly QuantizeLog _log = new();

    [Fact]
    public void A_fallback_names_its_tensor_and_the_format_that_was_wanted()
    {
        Assert.Null(_log.Read("warning: blk.0.attn_q.weight                  - ncols     64 not divisible by 256 (required for type    q4_K) -> falling back to    q5_0"));
        Assert.Null(_log.Read("warning: blk.0.ffn_down.weight                - ncols     80 not divisible by 256 (required for type    q6_K) (WARNING: must use F16 due to unusual shape) -> falling back to     f16"));
        Assert.Equal(new Dictionary<string, GgmlType> { ["blk.0.attn_q.weight"] = GgmlType.Q4_K, ["blk.0.ffn_down.weight"] = GgmlType.Q6_K }, _log.Wanted);
    }

    [Fact]
    public void A_line_about_a_tensor_says_that_it_is_done_and_in_a_dry_run_its_new_format()
    {
        Assert.Equal("token_embd.weight", _log.Read("[   1/  10] token_embd.weight                    - [   64,   262,     1,     1], type =    f32, size =     0.06 MiB ->     0.02 MiB (q8_0)"));
        Assert.Equal("output_norm.weight", _log.Read("[   2/  10] output_norm.weight                   - [   64,     1,     1,     1], type =    f32, size =    0.000 MiB"));
        Assert.Equal("blk.0.ffn_up.weight", _log.Read("[  10/  10] blk.0.ffn_up.weight                  - [   64,    96,     1,     1], type =    f32, converting to q8_0 .. size =     0.02 MiB ->     0.01 MiB"));
        Assert.Equal(new Dictionary<string, GgmlType> { ["token_embd.weight"] = GgmlType.Q8_0 }, _log.Planned);
    }

    [Fact]
    public void Other_lines_say_nothing_but_that_an_importance_matrix_is_needed()
    {
        Assert.Null(_log.Read("llama_model_quantize_impl: model size  =     0.31 MiB (32.00 BPW)"));
        Assert.False(_log.NeedsImportanceMatrix);
        Assert.Null(_log.Read("llama_model_quantize_impl: WARNING: dry run completed successfully, but actually completing this quantization will require an imatrix!"));
        Assert.True(_log.NeedsImportanceMatrix);
    }
}
