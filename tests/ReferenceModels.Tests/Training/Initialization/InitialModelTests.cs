using System.Runtime.InteropServices;
using Engine;
using Engine.Gguf;
using ReferenceModels.Training.Initialization;

namespace ReferenceModels.Tests.Training.Initialization;

public sealed class InitialModelTests : IDisposable
{
    private readonly TrainingFiles _files = new();

    public void Dispose() => _files.Dispose();

    [Theory, InlineData("llama"), InlineData("qwen2"), InlineData("qwen3"), InlineData("qwen3moe"), InlineData("phi3"), InlineData("gemma2"), InlineData("gemma3"), InlineData("gpt2"), InlineData("bert"), InlineData("t5"), InlineData("transformer")]
    public async Task Every_architecture_starts_as_a_loadable_file_that_is_the_same_for_the_same_seed(string architecture)
    {
        string data = _files.Write("data.txt", "one two three four five six\n");
        string path = _files.Model(TrainingFiles.Shape(architecture), data, 300, seed: 5);
        byte[] first = File.ReadAllBytes(path);
        Assert.Equal(first, File.ReadAllBytes(_files.Model(TrainingFiles.Shape(architecture), data, 300, seed: 5)));
        Assert.NotEqual(first, File.ReadAllBytes(_files.Model(TrainingFiles.Shape(architecture), data, 300, seed: 6)));
        await using IModel model = await new ReferenceBackend().LoadAsync(new ModelOptions { Path = path, Threads = 1 });
        Assert.Equal((architecture, 32, 64), (model.Card.Architecture, model.Card.EmbeddingLength, model.Card.TrainedContextLength));
        if (architecture != "transformer") // which llama.cpp does not know
        {
            await using IModel native = await ReferenceModelFixture.LoadNativeAsync(path, 64);
            Assert.Equal(model.Card.Parameters, native.Card.Parameters);
        }
    }

    [Fact]
    public void Weights_have_the_spread_of_the_papers()
    {
        string data = _files.Write("data.txt", "one two three four five six\n");
        Assert.Equal(0.02, Deviation("gpt2", "blk.0.attn_qkv.weight"), 0.001);
        Assert.Equal(0.02 / 2, Deviation("gpt2", "blk.1.ffn_down.weight"), 0.0005);            // 2 layers: √(2·2) = 2
        Assert.Equal(0.02 * 0.88, Deviation("bert", "blk.0.ffn_up.weight"), 0.001);            // a normal truncated at 2σ has 0.88 of its σ
        Assert.Equal(1 / Math.Sqrt(32 * 8), Deviation("t5", "enc.blk.0.attn_q.weight"), 0.004);
        Assert.Equal(Math.Sqrt(2.0 / (32 + 64)), Deviation("transformer", "dec.blk.1.ffn_up.weight"), 0.006);

        double Deviation(string architecture, string tensor)
        {
            using GgufFile file = GgufFile.Open(_files.Model(TrainingFiles.Shape(architecture), data, 300));
            GgufTensor found = file.FindTensor(tensor)!;
            float[] values = MemoryMarshal.Cast<byte, float>(file.GetData(found, 0, (int)found.ByteLength)).ToArray();
            Assert.Equal(0, values.Average(), 0.01);
            return Math.Sqrt(values.Average(value => (double)value * value));
        }
    }

    [Fact]
    public async Task The_chat_template_of_the_shape_is_written_to_the_file()
    {
        string data = _files.Write("data.txt", "one two three four five six\n");
        ModelShape shape = TrainingFiles.Shape("llama");
        await using IModel without = await new ReferenceBackend().LoadAsync(new ModelOptions { Path = _files.Model(shape, data, 300), Threads = 1 });
        Assert.Empty(without.Card.ChatTemplates);
        await using IModel model = await new ReferenceBackend().LoadAsync(new ModelOptions { Path = _files.Model(shape with { ChatTemplate = "{{ messages[0].content }}" }, data, 300), Threads = 1 });
        Assert.Equal("{{ messages[0].content }}", model.Card.ChatTemplates[ModelCard.DefaultChatTemplate]);
    }

    [Theory]
    [InlineData("""{"architecture": "llama"}""", "embedding_length")]
    [InlineData("""{"architecture": "lama", "embedding_length": 8, "block_count": 1, "head_count": 1, "feed_forward_length": 8, "context_length": 8}""", "expected architecture to be one of bert, gemma2, gemma3, gpt2, llama, phi3, qwen2, qwen3, qwen3moe, t5, transformer, found lama")]
    [InlineData("""{"architecture": "gpt2", "embedding_length": 8, "block_count": 1, "head_count": 3, "feed_forward_length": 8, "context_length": 8}""", "head_count to be a divisor of embedding_length 8, found 3")]
    [InlineData("""{"architecture": "gpt2", "embedding_length": 0, "block_count": 1, "head_count": 1, "feed_forward_length": 8, "context_length": 8}""", "embedding_length to be a number from 1")]
    [InlineData("""{"architecture": "gpt2", "width": 8, "embedding_length": 8, "block_count": 1, "head_count": 1, "feed_forward_length": 8, "context_length": 8}""", "'width' is not one of its fields.")]
    [InlineData("""{"architecture": "gpt2", "embeding_length": 8}""", "'embeding_length' is not one of its fields. Did you mean 'embedding_length'?")]
    [InlineData("""{"architecture": "gpt2", "embedding_length": "8"}""", "expected embedding_length to be a whole number, found \"8\"")]
    [InlineData("""{"architecture": "gpt2", "architecture": "bert"}""", "found 'architecture' twice")]
    [InlineData("""{"architecture": "t5", "embedding_length": 8, "block_count": 1, "decoder_block_count": 2, "head_count": 1, "feed_forward_length": 8, "context_length": 8}""", "decoder_block_count to be at most the 1 of block_count")]
    [InlineData("""{"architecture": "gpt2", "embedding_length": 8, "block_count": 1, "head_count": 1, "feed_forward_length": 8, "context_length": 8, "chat_template": "a\n{{ b"}""", "expected chat_template to be well-formed Jinja, found in its line 2: ")]
    [InlineData("nothing", "line 1")]
    public void An_invalid_shape_is_refused(string json, string sentence) => Assert.Contains(
        sentence, Assert.Throws<InvalidRequestException>(() => ModelShape.Read(_files.Write("shape.json", json))).Message, StringComparison.Ordinal);
}
