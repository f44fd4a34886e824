namespace Engine.Host.Tests.Hostile;

/// <summary>Sound structures whose numbers are invalid; those that end llama.cpp's process among them.</summary>
public sealed class HostileMetadataTests
{
    private static readonly HostileCase[] Cases =
    [
        .. new[]
        {
            "general.architecture", "llama.context_length", "llama.embedding_length", "llama.block_count", "llama.feed_forward_length",
            "llama.attention.head_count", "llama.attention.layer_norm_rms_epsilon", "tokenizer.ggml.model", "tokenizer.ggml.tokens",
        }.Select(key => Refused($"no {key}", file => file.Drop(key))),
        Refused("a number of another type", file => file.Set("llama.block_count", 2ul)),
        Refused("a number as text", file => file.Set("llama.embedding_length", "32")),
        Refused("an epsilon of double precision", file => file.Set("llama.attention.layer_norm_rms_epsilon", 1e-5)),
        Refused("an architecture nobody knows", file => file.Set("general.architecture", "nonsense")),
        Refused("an empty architecture", file => file.Set("general.architecture", "")),
        Refused("an architecture of 100,000 letters", file => file.Set("general.architecture", new string('a', 100_000))),
        Refused("no layers", file => file.Set("llama.block_count", 0u)),
        Refused("one layer more than there is", file => file.Set("llama.block_count", 3u)),
        Refused("one layer less than there is", file => file.Set("llama.block_count", 1u)),
        Refused("513 layers", file => file.Set("llama.block_count", 513u)),
        Refused("4 billion layers", file => file.Set("llama.block_count", uint.MaxValue)),
        Refused("an embedding of 0", file => file.Set("llama.embedding_length", 0u)),
        Refused("an embedding that the tensors do not have", file => file.Set("llama.embedding_length", 64u)),
        Refused("an embedding of 4 billion", file => file.Set("llama.embedding_length", uint.MaxValue)),
        Refused("no heads", file => file.Set("llama.attention.head_count", 0u)),
        Refused("heads that do not divide the embedding", file => file.Set("llama.attention.head_count", 3u)),
        Refused("4 billion heads", file => file.Set("llama.attention.head_count", uint.MaxValue)),
        Refused("no key heads", file => file.Set("llama.attention.head_count_kv", 0u)),
        Refused("key heads that do not divide the heads", file => file.Set("llama.attention.head_count_kv", 3u)),
        Refused("more key heads than heads", file => file.Set("llama.attention.head_count_kv", 8u)),
        HostileCase.File("an odd head size", Expected.Refused, () => SmallModels.Llama(d: 20, heads: 4, headsKv: 4).ToBytes()),
        Refused("rotated dimensions beyond the head", file => file.Set("llama.rope.dimension_count", 16u)),
        Refused("an odd number of rotated dimensions", file => file.Set("llama.rope.dimension_count", 7u)),
        Refused("keys of another length than the head", file => file.Set("llama.attention.key_length", 12u)),
        Refused("keys and values of different length", file => file.Set("llama.attention.key_length", 8u).Set("llama.attention.value_length", 4u)),
        Refused("a negative epsilon", file => file.Set("llama.attention.layer_norm_rms_epsilon", -1e-5f)),
        Refused("an epsilon that is no number", file => file.Set("llama.attention.layer_norm_rms_epsilon", float.NaN)),
        Orderly("an infinite epsilon", file => file.Set("llama.attention.layer_norm_rms_epsilon", float.PositiveInfinity)),
        Refused("a context of 0", file => file.Set("llama.context_length", 0u)),
        Orderly("a context of 4 billion", file => file.Set("llama.context_length", uint.MaxValue)),
        Refused("a feed-forward width of 0", file => file.Set("llama.feed_forward_length", 0u)),
        Refused("experts of which none is used", file => file.Set("llama.expert_count", 4u)),
        Refused("more experts used than there are", file => file.Set("llama.expert_count", 2u).Set("llama.expert_used_count", 4u)),
        Refused("2,000 experts", file => file.Set("llama.expert_count", 2000u).Set("llama.expert_used_count", 2u)),
        Refused("experts without tensors", file => file.Set("llama.expert_count", 4u).Set("llama.expert_used_count", 2u)),
        Refused("more prediction layers than layers", file => file.Set("llama.nextn_predict_layers", 5u)),
        Refused("a rope scaling nobody knows", file => file.Set("llama.rope.scaling.type", "foo")),
        Orderly("a rope scaling by 0", file => file.Set("llama.rope.scaling.type", "linear").Set("llama.rope.scaling.factor", 0f)),
        Orderly("a rope scaling that is no number", file => file.Set("llama.rope.scaling.type", "yarn").Set("llama.rope.scaling.factor", float.NaN)),
        Orderly("a rope base of 0", file => file.Set("llama.rope.freq_base", 0f)),
        Orderly("a negative rope base", file => file.Set("llama.rope.freq_base", -10_000f)),
        HostileCase.File("one part of several", Expected.Refused, () => SmallModels.Llama().Set("split.count", (ushort)3).Set("split.no", (ushort)0).Set("split.tensors.count", 60).ToBytes()),
        HostileCase.File("60,000 parts", Expected.Refused, () => SmallModels.Llama().Set("split.count", (ushort)60_000).Set("split.no", (ushort)0).ToBytes()),
        Refused("a NUL in the tokenizer's name", file => file.Set("tokenizer.ggml.model", "llama\0x")),
        Harmless("a NUL in the description", file => file.Set("general.description", "two\0parts")),
        Harmless("scores that are whole numbers below zero", file => file.Set("tokenizer.ggml.scores", [.. Enumerable.Range(0, SmallModels.Vocabulary).Select(id => -id)])),
        Harmless("a temperature that is no number", file => file.Set("general.sampling.temp", float.NaN).Set("general.sampling.top_k", "many").Set("general.sampling.top_p", [1f])),
        Harmless("a Mirostat and samplers that nobody knows", file => file.Set("general.sampling.mirostat", 3).Set("general.sampling.sequence", "\u001b[31m;best;top_k")),
        Harmless("a Mirostat of no surprise", file => file.Set("general.sampling.mirostat", 1).Set("general.sampling.mirostat_tau", 0f).Set("general.sampling.mirostat_eta", float.MaxValue)),
        Harmless("suppressed tokens beyond the vocabulary", file => file.Set("tokenizer.ggml.suppress_tokens", [-1, 4, int.MaxValue])),
        Refused("suppressed tokens by name", file => file.Set("tokenizer.ggml.suppress_tokens", "a", "e")),
        Refused("suppressed tokens of another type", file => file.Set("tokenizer.ggml.suppress_tokens", [3u])),
        Refused("every token suppressed", file => file.Set("tokenizer.ggml.suppress_tokens", [.. Enumerable.Range(0, SmallModels.Vocabulary)])),
        HostileCase.File("keys nobody knows", Expected.Harmless, () => SmallModels.Llama().Set("llama.future.thing", 5u).Set("x", "y").ToBytes()),
    ];

    [Theory]
    [InlineData("llama.cpp")]
    [InlineData("reference")]
    public Task Invalid_numbers_are_refused_with_a_message(string backend) => HostileCorpus.CheckAsync(Cases, backend);

    [Fact]
    public Task They_are_inspected_in_an_orderly_way() => HostileCorpus.CheckInspectionAsync(Cases);

    private static HostileCase Refused(string name, Func<ModelFile, ModelFile> spoil) =>
        HostileCase.File(name, Expected.Refused, () => spoil(SmallModels.Llama()).ToBytes());

    private static HostileCase Harmless(string name, Func<ModelFile, ModelFile> change) =>
        HostileCase.File(name, Expected.Harmless, () => change(SmallModels.Llama()).ToBytes());

    private static HostileCase Orderly(string name, Func<ModelFile, ModelFile> spoil) =>
        HostileCase.File(name, Expected.Orderly, () => spoil(SmallModels.Llama()).ToBytes());
}
