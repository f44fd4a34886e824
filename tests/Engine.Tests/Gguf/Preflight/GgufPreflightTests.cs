using Engine.Gguf;
using static Tests.Shared.TinyModel;

namespace Engine.Tests.Gguf.Preflight;

/// <summary>One change each to a harmless model. Where the sentence does not end otherwise, llama.cpp v0.5.0 was seen to abort or crash
/// on such a file; where it says that llama.cpp refuses the file or reads it in another way, that was seen.</summary>
public sealed class GgufPreflightTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private static readonly Dictionary<string, (Func<TinyModel> Model, string Sentence)> Deadly = new()
    {
        ["no layers"] = (() => Llama().Set("llama.block_count", 0u), "'llama.block_count' of 'model.gguf': expected 1 to 512 layers, found 0"),
        ["513 layers"] = (() => Llama().Set("llama.block_count", 513u), "expected 1 to 512 layers, found 513"),
        ["more next-token layers than layers"] = (() => Llama().Set("llama.nextn_predict_layers", 2u), "expected at most the 1 layers of block_count, found 2"),
        ["no context"] = (() => T5().Set("t5.context_length", 0u), "expected 1 to 2,147,483,647 tokens, found 0. Convert the model again."),
        ["an endless context"] = (() => T5().Set("t5.context_length", uint.MaxValue), "expected 1 to 2,147,483,647 tokens, found 4,294,967,295. Convert the model again."),
        ["unknown pooling"] = (() => Bert().Set("bert.pooling_type", 5u), "expected 0 to 4, found 5"),
        ["an answer wider than the layers"] = (() => Bert().Set("bert.embedding_length_out", 16u), "expected the 8 of embedding_length, found 16"),
        ["a NUL in the architecture"] = (() => Llama().Set("general.architecture", "llama\0falcon"), "'general.architecture' of 'model.gguf': expected text without a NUL, found 'llama' with a NUL and more after it. llama.cpp would take it for 'llama', other programs for the whole: convert the model again."),
        ["experts that are not used"] = (() => Llama().Set("llama.expert_count", 4u), "expected how many of the 4 experts a token uses, found none"),
        ["more experts used than there are"] = (() => Llama().Set("llama.expert_count", 4u).Set("llama.expert_used_count", 5u), "expected at most the 4 experts of expert_count, found 5"),
        ["more experts used in a layer"] = (() => Llama().Set("llama.expert_used_count", GgufValue.FromArray(new[] { -1 })), "expected at most the 0 experts"),
        ["1025 experts"] = (() => Llama().Set("llama.expert_count", 1025u).Set("llama.expert_used_count", 2u), "expected at most 1,024 experts, found 1,025"),
        ["a layer that uses no experts"] = (() => Qwen3Moe().Set("qwen3moe.expert_used_count", GgufValue.FromArray(new[] { 2, 0 })), "expected in every layer how many of the 4 experts a token uses, found none in one"),
        ["experts that are not used (qwen3moe)"] = (() => Qwen3Moe().Set("qwen3moe.expert_used_count", 0u), "expected how many of the 4 experts a token uses, found none"),
        ["groups without experts"] = (() => Llama().Set("llama.expert_group_count", 1u), "expected fewer groups than the 0 experts, found 1"),
        ["unequal groups"] = (() => Llama().Set("llama.expert_count", 4u).Set("llama.expert_used_count", 2u).Set("llama.expert_group_count", 3u), "groups of equal size"),
        ["groups that are not used"] = (() => Llama().Set("llama.expert_count", 4u).Set("llama.expert_used_count", 2u).Set("llama.expert_group_count", 2u), "expected from 1 to 1, found 0"),
        ["heads wider than their share (qwen2)"] = (() => Qwen2().Set("qwen2.attention.key_length", 8u).Set("qwen2.attention.value_length", 8u), "expected a size that 2 heads share the 8 of embedding_length by, found 8"),
        ["odd head (qwen3)"] = (() => Qwen3().Set("qwen3.attention.key_length", 3u).Set("qwen3.attention.value_length", 3u), "expected an even head size, found 3"),
        ["values shorter than keys (qwen3)"] = (() => Qwen3().Set("qwen3.attention.value_length", 2u), "expected the 4 of keys, found 2"),
        ["RoPE of half a head (qwen2)"] = (() => Qwen2().Set("qwen2.rope.dimension_count", 2u), "expected the 4 of a head, found 2"),
        ["K/V heads that differ from layer to layer (qwen3)"] = (() => Qwen3().Set("qwen3.attention.head_count_kv", GgufValue.FromArray(new[] { 2u, 1u })), "expected the 2 of the first layer in every layer, found 1"),
        ["gain of a head's norm in F16"] = (() => Qwen3().Store("blk.0.attn_q_norm.weight", GgmlType.F16, 4), "expected f32, as every vector has to be, found f16"),
        ["heads narrower than their share (phi3)"] = (() => Phi3().Set("phi3.attention.key_length", 2u).Set("phi3.attention.value_length", 2u), "expected a size that 2 heads share the 8 of embedding_length by, found 2"),
        ["no queries, keys and values (phi3)"] = (() => Phi3().Drop("blk.0.attn_qkv.weight"), "expected 'blk.0.attn_qkv.weight', or queries, keys and values apart, found neither it nor 'blk.0.attn_q.weight'"),
        ["keys and values alone (phi3)"] = (() => Phi3().Drop("blk.0.attn_qkv.weight").Tensor("blk.0.attn_k.weight", 8, 8).Tensor("blk.0.attn_v.weight", 8, 8), "found neither it nor 'blk.0.attn_q.weight'"),
        ["RoPE of nothing (phi3)"] = (() => Phi3().Set("phi3.rope.dimension_count", 0u), "expected from 2 to the 4 of a head, found 0. llama.cpp would compute without end: convert the model again."),
        ["RoPE of more than a head (gemma2)"] = (() => Gemma2().Set("gemma2.rope.dimension_count", 6u), "expected at most the 4 of a head, found 6"),
        ["odd head (gemma3)"] = (() => Gemma3().Set("gemma3.attention.key_length", 3u).Set("gemma3.attention.value_length", 3u), "expected an even head size, found 3"),
        ["values shorter than keys (gemma2)"] = (() => Gemma2().Set("gemma2.attention.value_length", 2u), "expected the 4 of keys, found 2"),
        ["no window (gemma2)"] = (() => Gemma2().Set("gemma2.attention.sliding_window", 0u), "expected 1 to 2,147,483,647 positions, found 0. llama.cpp would answer with NaN: convert the model again."),
        ["a window without end (gemma3)"] = (() => Gemma3().Set("gemma3.attention.sliding_window", 1u << 31), "expected 0 to 2,147,483,647 positions, found 2,147,483,648. llama.cpp would answer with NaN: convert the model again."),
        ["no layer with a window (gemma2)"] = (() => Gemma2().Set("gemma2.attention.sliding_window_pattern", 1u), "expected at least one layer that sees only a window, found none"),
        ["no listed layer with a window (gemma3)"] = (() => Gemma3().Set("gemma3.attention.sliding_window_pattern", GgufValue.FromArray(new[] { false })), "expected at least one layer that sees only a window, found none"),
        ["local heads of another size (gemma3)"] = (() => Gemma3().Set("gemma3.attention.key_length", 4u).Set("gemma3.attention.value_length", 4u).Set("gemma3.attention.key_length_swa", 2u), "expected the same number as attention.key_length, found 2. Convert the model again."),
        ["a cap of 0 (gemma2)"] = (() => Gemma2().Set("gemma2.attn_logit_softcapping", 0f), "expected a positive number, found 0. llama.cpp would answer with NaN: convert the model again."),
        ["a cap without end (gemma3)"] = (() => Gemma3().Set("gemma3.final_logit_softcapping", float.PositiveInfinity), "expected a positive number, or 0 for none, found Infinity. llama.cpp would answer with NaN: convert the model again."),
        ["unknown RoPE scaling"] = (() => Llama().Set("llama.rope.scaling.type", "magic"), "expected none, linear, yarn, longrope, found 'magic'"),
        ["negative eps"] = (() => Llama().Set("llama.attention.layer_norm_rms_epsilon", -1e-5f), "expected a small number that is not negative, found -1E-05"),
        ["eps NaN"] = (() => Gpt2().Set("gpt2.attention.layer_norm_epsilon", float.NaN), "found NaN"),
        ["infinite eps"] = (() => Bert().Set("bert.attention.layer_norm_epsilon", float.PositiveInfinity), "found Infinity. Every row would be normalized to 0: convert the model again."),
        ["RoPE base NaN"] = (() => Llama().Set("llama.rope.freq_base", float.NaN), "'llama.rope.freq_base' of 'model.gguf': expected a finite number, found NaN. Positions would have no angles with it: convert the model again."),
        ["infinite RoPE factor"] = (() => Llama().Set("llama.rope.scaling.factor", float.NegativeInfinity), "expected a finite number, found -Infinity. Positions would have no angles with it: convert the model again."),
        ["a LLaMA that is not causal"] = (() => Llama().Set("llama.attention.causal", false), "expected true for a model that generates, found false. llama.cpp would end the process over a prompt longer than its micro-batch: convert the model again."),
        ["odd RoPE dimensions"] = (() => Llama().Set("llama.rope.dimension_count", 3u), "expected an even number, since rotation is by pairs, found 3. Convert the model again."),
        ["odd LLaMA head"] = (() => Llama().Set("llama.embedding_length", 6u), "expected an even head size, found 3"),
        ["head of one element"] = (() => Gpt2().Set("gpt2.attention.head_count", 8u), "expected a head size of at least 2, found 1. Convert the model again."),
        ["no heads"] = (() => Llama().Set("llama.attention.head_count", 0u), "expected at least one head, found 0. llama.cpp refuses it as well: convert the model again."),
        ["no K/V heads"] = (() => Llama().Set("llama.attention.head_count_kv", 0u), "expected a divisor of the 2 heads of layer 0, found 0. llama.cpp refuses it as well: convert the model again."),
        ["K/V heads that do not divide the heads"] = (() => Llama().Set("llama.attention.head_count", 4u).Set("llama.attention.head_count_kv", 3u), "expected a divisor of the 4 heads of layer 0, found 3"),
        ["the same in a later layer"] = (() => Llama().Set("llama.attention.head_count_kv", GgufValue.FromArray(new[] { 2, 4 })), "expected a divisor of the 2 heads of layer 1, found 4"),
        ["values shorter than keys (llama)"] = (() => Llama().Set("llama.attention.value_length", 2u), "expected the 4 of keys, found 2"),
        ["values shorter than keys (gpt2)"] = (() => Gpt2().Set("gpt2.attention.value_length", 2u), "expected the 4 of keys, found 2"),
        ["values shorter than keys (bert)"] = (() => Bert().Set("bert.attention.key_length", 8u), "expected the 8 of keys, found 4"),
        ["values shorter than keys (t5)"] = (() => T5().Set("t5.attention.value_length", 2u), "expected the 4 of keys, found 2"),
        ["heads wider than their share (gpt2)"] = (() => Gpt2().Set("gpt2.attention.key_length", 8u).Set("gpt2.attention.value_length", 8u), "expected a size that 2 heads share the 8 of embedding_length by, found 8. llama.cpp refuses it as well: convert the model again."),
        ["heads narrower than their share (bert)"] = (() => Bert().Set("bert.attention.key_length", 2u).Set("bert.attention.value_length", 2u), "expected a size that 2 heads share the 8 of embedding_length by, found 2. llama.cpp refuses it as well: convert the model again."),
        ["heads that do not share out the width (bert)"] = (() => Bert().Set("bert.attention.head_count", 3u), "expected a size that 3 heads share the 8 of embedding_length by, found 2. llama.cpp refuses it as well: convert the model again."),
        ["more labels than a pooler has numbers"] = (() => Bert().Tensor("cls.weight", 8, 8).Set("bert.classifier.output_labels", GgufValue.FromStrings(GgufStrings.From([.. "abcdefghi".Select(c => $"{c}")]))), "expected at most the 8 numbers of the pooler, since there is no cls.output, found 9"),
        ["RoPE of half a head"] = (() => Llama().Set("llama.rope.dimension_count", 2u), "expected the 4 of a head, found 2. llama.cpp refuses it as well: convert the model again."),
        ["experts left out of an architecture that is all experts"] = (() => Llama().Set("general.architecture", "smallthinker"), "expected at least one expert, found none"),
        ["a state that is not twice as wide"] = (() => Llama().Set("general.architecture", "jamba").Set("jamba.embedding_length", 8u).Set("jamba.ssm.inner_size", 8u), "expected twice the 8 of embedding_length, found 8"),
        ["RoPE without sections"] = (() => Llama().Set("general.architecture", "qwen2vl").Set("qwen2vl.rope.dimension_sections", GgufValue.FromArray(new int[4])), "expected at least one section that is rotated"),
        ["K/V heads of an architecture without rules of its own"] = (() => Llama().Set("general.architecture", "gemma").Set("gemma.attention.head_count", 3u).Set("gemma.attention.head_count_kv", 2u), "expected a divisor of the 3 heads"),
        ["norm gain in F16"] = (() => Llama().Store("output_norm.weight", GgmlType.F16, 8), "tensor 'output_norm.weight' (8) of 'model.gguf': expected f32, as every vector has to be, found f16"),
        ["bias in F16"] = (() => Gpt2().Store("blk.0.ffn_up.bias", GgmlType.F16, 12), "expected f32, as every vector has to be"),
        ["segments in F16"] = (() => Bert().Store("token_types.weight", GgmlType.F16, 8, 2), "expected f32"),
        ["weight of integers"] = (() => Llama().Store("blk.0.attn_q.weight", GgmlType.I32, 8, 8), "expected a format of weights, found i32"),
        ["weight in F64"] = (() => Llama().Store("token_embd.weight", GgmlType.F64, 8, 262), "expected a format of weights, found f64"),
        ["weight in a format of activations"] = (() => Llama().Store("blk.0.attn_q.weight", GgmlType.Q8_1, 32, 2), "found q8_1"),
        ["no relative positions in the encoder"] = (() => T5().Drop("enc.blk.0.attn_rel_b.weight"), "expected 'enc.blk.0.attn_rel_b.weight'"),
        ["no relative positions in the decoder"] = (() => T5().Drop("dec.blk.0.attn_rel_b.weight"), "expected 'dec.blk.0.attn_rel_b.weight'"),
        ["heads that differ from layer to layer (gpt2)"] = (() => Gpt2().Set("gpt2.attention.head_count", GgufValue.FromArray(new[] { 2u, 4u })), "expected the 2 of the first layer in every layer, found 4. llama.cpp would compute every layer with the first layer's: convert the model again."),
        ["heads that differ from layer to layer (t5)"] = (() => T5().Set("t5.attention.head_count", GgufValue.FromArray(new[] { 4u, 2u })), "expected the 4 of the first layer in every layer, found 2. llama.cpp would compute every layer with the first layer's: convert the model again."),
        ["K/V heads that differ from layer to layer"] = (() => Llama().Set("llama.attention.head_count_kv", GgufValue.FromArray(new[] { 2u, 1u })), "'llama.attention.head_count_kv' of 'model.gguf': expected the 2 of the first layer in every layer, found 1"),
        ["K/V heads that are shared (t5)"] = (() => T5().Set("t5.attention.head_count_kv", 1u), "expected the 2 of head_count, since T5 shares no heads, found 1. Convert the model again."),
        ["too few relative positions"] = (() => T5().Set("t5.attention.relative_buckets_count", 3u), "expected 4 to 255, found 3"),
        ["too many relative positions"] = (() => T5().Set("t5.attention.relative_buckets_count", 256u), "expected 4 to 255, found 256"),
    };

    public static TheoryData<string> DeadlyNames => [.. Deadly.Keys];

    [Theory]
    [MemberData(nameof(DeadlyNames))]
    public void A_file_that_would_end_the_process_is_refused(string name)
    {
        (Func<TinyModel> model, string message) = Deadly[name];
        using GgufFile file = model().Write(_folder.File("model.gguf"));

        var refusal = Assert.Throws<ModelFileException>(() => GgufPreflight.Check(file));

        Assert.EndsWith(message.EndsWith('.') ? message : ". llama.cpp would end the process over it: convert the model again.", refusal.Message, StringComparison.Ordinal);
        Assert.Contains(message, refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0u)]
    [InlineData(2u)]
    public void A_decoder_has_at_most_as_many_layers_as_the_encoder(uint layers)
    {
        using GgufFile file = T5().Set("t5.decoder_block_count", layers).Write(_folder.File("model.gguf"));

        var refusal = Assert.Throws<ModelFileException>(() => GgufPreflight.Check(file));

        Assert.Contains($"expected 1 to the 1 layers of block_count, found {layers}", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Data_that_is_not_aligned_for_ggml_is_refused_for_llama_cpp_alone()
    {
        using GgufFile file = Llama().Write(_folder.File("model.gguf"), alignment: 16);

        Assert.EndsWith(
            "expected at least 32, found 16. llama.cpp would end the process over it, though the format allows it: use the reference backend, or convert the model again.",
            Assert.Throws<ModelFileException>(() => GgufPreflight.CheckForLlamaCpp(file)).Message, StringComparison.Ordinal);
        GgufPreflight.Check(file);
    }

    private static readonly Dictionary<string, Func<TinyModel>> Harmless = new()
    {
        ["llama"] = Llama,
        ["gpt2"] = Gpt2,
        ["qwen2"] = Qwen2,
        ["qwen3"] = Qwen3,
        ["phi3"] = Phi3,
        ["phi3 with queries, keys and values apart"] = () => Phi3().Drop("blk.0.attn_qkv.weight").Tensor("blk.0.attn_q.weight", 8, 8).Tensor("blk.0.attn_k.weight", 8, 8).Tensor("blk.0.attn_v.weight", 8, 8),
        ["phi3, half a head turns"] = () => Phi3().Set("phi3.rope.dimension_count", 2u),
        ["mixtral"] = Mixtral,
        ["qwen3moe"] = Qwen3Moe,
        ["gemma2"] = Gemma2,
        ["gemma3"] = Gemma3,
        ["gemma3 without windows"] = () => Gemma3().Set("gemma3.attention.sliding_window", 0u).Set("gemma3.attention.sliding_window_pattern", 1u),
        ["gemma3 without a cap"] = () => Gemma3().Set("gemma3.final_logit_softcapping", 0f),
        ["qwen3 with heads wider than their share"] = () => Qwen3().Set("qwen3.attention.key_length", 8u).Set("qwen3.attention.value_length", 8u),
        ["bert"] = Bert,
        ["t5"] = T5,
        ["odd head of a model without RoPE"] = () => Gpt2().Set("gpt2.embedding_length", 6u),
        ["shared K/V heads"] = () => Llama().Set("llama.attention.head_count_kv", 1u),
        ["heads per layer"] = () => Llama().Set("llama.attention.head_count", GgufValue.FromArray(new[] { 2u })),
        ["eps 0"] = () => Llama().Set("llama.attention.layer_norm_rms_epsilon", 0f),
        ["experts"] = () => Llama().Set("llama.expert_count", 4u).Set("llama.expert_used_count", 2u),
        ["YaRN"] = () => Llama().Set("llama.rope.scaling.type", "yarn").Set("llama.rope.scaling.factor", 4f),
        ["an architecture without rules of its own"] = () => Llama().Set("general.architecture", "falcon"),
        ["a NUL where nothing is compared"] = () => Llama().Set("general.description", "two\0parts").Set("tokenizer.chat_template", "a\0b"),
        ["weights in F16"] = () => Llama().Store("blk.0.attn_q.weight", GgmlType.F16, 8, 8),
    };

    public static TheoryData<string> HarmlessNames => [.. Harmless.Keys];

    [Theory]
    [MemberData(nameof(HarmlessNames))]
    public void A_harmless_file_passes(string name)
    {
        using GgufFile file = Harmless[name]().Write(_folder.File("model.gguf"));

        GgufPreflight.Check(file);
    }
}
