namespace Engine.Host.Tests.Hostile;

/// <summary>Tensors that do not fit their metadata, and other architectures' ways to end the process.</summary>
public sealed class HostileTensorTests
{
    private static readonly HostileCase[] Cases =
    [
        .. new[] { "token_embd", "output_norm", "blk.0.attn_norm", "blk.1.attn_q", "blk.0.attn_output", "blk.1.ffn_down" }
            .Select(name => Llama($"no {name}", Expected.Refused, file => file.DropTensor($"{name}.weight"))),
        Llama("no tensors at all", Expected.Refused, file => file.DropTensors(_ => true)),
        Llama("a tensor nobody asked for", Expected.Refused, file => file.Tensor("blk.0.surprise.weight", [32, 32])),
        Llama("a query of another shape", Expected.Refused, file => file.Tensor("blk.0.attn_q.weight", [32, 16])),
        Llama("a transposed matrix", Expected.Refused, file => file.Tensor("blk.0.ffn_down.weight", [32, 48])),
        Llama("a norm of another length", Expected.Refused, file => file.Tensor("output_norm.weight", [16])),
        Llama("weights that are no numbers", Expected.Refused, file => file.Fill("blk.1.ffn_down.weight", float.NaN)),
        Llama("infinite weights", Expected.Refused, file => file.Fill("blk.1.ffn_down.weight", float.PositiveInfinity)),
        Llama("weights of 0", Expected.Orderly, file => file.Fill("token_embd.weight", 0)),
        Llama("weights at the end of the range", Expected.Orderly, file => file.Fill("blk.0.attn_q.weight", float.MaxValue)),
        Llama("rope factors of 0", Expected.Orderly, file => file.Tensor("rope_freqs.weight", [4], 0)),
        Llama("too few rope factors", Expected.Refused, file => file.Tensor("rope_freqs.weight", [3], 1)),
        Llama("a vocabulary alone", Expected.Refused, file => file.DropTensors(_ => true).Drop("llama.block_count")),

        Other("GPT-2 as it should be", Expected.Orderly, SmallModels.Gpt2),
        Other("GPT-2 with keys of another length than values", Expected.Refused, () => SmallModels.Gpt2().Set("gpt2.attention.key_length", 8u).Set("gpt2.attention.value_length", 4u)),
        Other("GPT-2 with heads wider than their share", Expected.Refused, () => SmallModels.Gpt2().Set("gpt2.attention.key_length", 64u).Set("gpt2.attention.value_length", 64u)),
        Other("GPT-2 without positions", Expected.Refused, () => SmallModels.Gpt2().DropTensor("position_embd.weight")),
        Other("GPT-2 with fewer positions than its context", Expected.Refused, () => SmallModels.Gpt2().Set("gpt2.context_length", 1024u)),
        Other("BERT, which generates nothing", Expected.Refused, SmallModels.Bert),
        Other("BERT without BOS and separator", Expected.Refused, () => SmallModels.Bert().Drop("tokenizer.ggml.bos_token_id").Drop("tokenizer.ggml.seperator_token_id")),
        Other("BERT with keys of another length than values", Expected.Refused, () => SmallModels.Bert().Set("bert.attention.key_length", 8u).Set("bert.attention.value_length", 4u)),
        Other("BERT with a pooling nobody knows", Expected.Refused, () => SmallModels.Bert().Set("bert.pooling_type", 77u)),
        Other("T5 as it should be", Expected.Orderly, SmallModels.T5),
        Other("T5 without relative positions", Expected.Refused, () => SmallModels.T5().DropTensors(name => name.Contains("attn_rel_b", StringComparison.Ordinal))),
        Other("T5 with more decoder layers than layers", Expected.Refused, () => SmallModels.T5().Set("t5.decoder_block_count", 5u)),
        Other("T5 without a decoder", Expected.Refused, () => SmallModels.T5().DropTensors(name => name.StartsWith("dec.", StringComparison.Ordinal))),
        Other("T5 that starts beyond the vocabulary", Expected.Orderly, () => SmallModels.T5().Set("t5.decoder_start_token_id", 100_000u)),
        HostileCase.File("a LoRA adapter", Expected.Refused, () => new ModelFile()
            .Set("general.type", "adapter").Set("adapter.type", "lora").Set("adapter.lora.alpha", 1f).Set("general.architecture", "llama")
            .Tensor("blk.0.attn_q.weight.lora_a", [32, 4]).Tensor("blk.0.attn_q.weight.lora_b", [4, 32]).ToBytes()),
    ];

    [Theory]
    [InlineData("llama.cpp")]
    [InlineData("reference")]
    public Task Tensors_that_do_not_fit_are_refused_with_a_message(string backend) => HostileCorpus.CheckAsync(Cases, backend);

    private static HostileCase Llama(string name, Expected expected, Func<ModelFile, ModelFile> spoil) =>
        HostileCase.File(name, expected, () => spoil(SmallModels.Llama()).ToBytes());

    private static HostileCase Other(string name, Expected expected, Func<ModelFile> make) => HostileCase.FileWithTokens(name, expected, () => make().ToBytes());
}
