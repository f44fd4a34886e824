using System.CommandLine;
using System.Text.Json;
using Engine.Gguf;

namespace Engine.Host.Tests.Commands.Inspection;

public sealed class InspectCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>Lines of transformers' own print-out of Llama-3.2-1B.</summary>
    [Fact]
    public async Task A_header_of_Llama_3_2_1B_prints_as_transformers_prints_the_model()
    {
        string text = await Inspect(HeaderOfLlama.OfOneBillion().Write(_folder.File("llama.gguf")));

        Assert.EndsWith(
            """
            LlamaForCausalLM(
              (model): LlamaModel(
                (embed_tokens): Embedding(128256, 2048)
                (layers): ModuleList(
                  (0-15): 16 x LlamaDecoderLayer(
                    (self_attn): LlamaAttention(
                      (q_proj): Linear(in_features=2048, out_features=2048, bias=False)
                      (k_proj): Linear(in_features=2048, out_features=512, bias=False)
                      (v_proj): Linear(in_features=2048, out_features=512, bias=False)
                      (o_proj): Linear(in_features=2048, out_features=2048, bias=False)
                    )
                    (mlp): LlamaMLP(
                      (gate_proj): Linear(in_features=2048, out_features=8192, bias=False)
                      (up_proj): Linear(in_features=2048, out_features=8192, bias=False)
                      (down_proj): Linear(in_features=8192, out_features=2048, bias=False)
                      (act_fn): SiLUActivation()
                    )
                    (input_layernorm): LlamaRMSNorm((2048,), eps=1e-05)
                    (post_attention_layernorm): LlamaRMSNorm((2048,), eps=1e-05)
                  )
                )
                (norm): LlamaRMSNorm((2048,), eps=1e-05)
                (rotary_emb): LlamaRotaryEmbedding()
              )
              (lm_head): Linear(in_features=2048, out_features=128256, bias=False)
            )

            """, text, StringComparison.Ordinal);
        Assert.Contains("Parameters    1,235,814,400", text, StringComparison.Ordinal);
        Assert.Contains("for a context of 4,096 tokens:", text, StringComparison.Ordinal);
        Assert.Contains("K/V cache 128 MiB", text, StringComparison.Ordinal); // 2 × 16 layers × 512 × 4096 × 2 bytes
        Assert.All(text.Split('\n').Skip(1), line => Assert.InRange(line.Length, 0, 80));
    }

    [Fact]
    public async Task Layers_that_differ_are_printed_apart()
    {
        HeaderOfLlama header = new HeaderOfLlama(embedding: 8, feedForward: 16, keyValues: 4, words: 10)
            .Begin(layers: 4, heads: 2, groups: 1, context: 32).Layer(0).Layer(1).Layer(2, width: 24).Layer(3)
            .Tensor("blk.3.attn_q.bias", GgmlType.F32, 8);

        string text = await Inspect(header.Write(_folder.File("llama.gguf")));

        Assert.Contains("(0-1): 2 x LlamaDecoderLayer(", text, StringComparison.Ordinal);
        Assert.Contains("(2): LlamaDecoderLayer(", text, StringComparison.Ordinal);
        Assert.Contains("(3): LlamaDecoderLayer(", text, StringComparison.Ordinal);
        Assert.Contains("(gate_proj): Linear(in_features=8, out_features=24, bias=False)", text, StringComparison.Ordinal);
        Assert.Contains("(q_proj): Linear(in_features=8, out_features=8, bias=True)", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_architecture_prints_its_tensors_by_name()
    {
        HeaderOfLlama header = new HeaderOfLlama(embedding: 8, feedForward: 16, keyValues: 4, words: 10)
            .Begin(layers: 2, heads: 2, groups: 1, context: 32).Layer(0).Layer(1).Set("general.architecture", GgufValue.FromString("mamba"));

        string text = await Inspect(header.Write(_folder.File("mamba.gguf")));

        Assert.Contains("mamba(\n  (token_embd): weight f16 (8, 10)\n", text, StringComparison.Ordinal);
        Assert.Contains("    (0-1): 2 x Block(\n      (attn_norm): weight f32 (8)\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_llama_cpp_must_not_see_is_shown_with_the_reason()
    {
        HeaderOfLlama header = HeaderOfLlama.OfOneBillion().Set("llama.block_count", GgufValue.FromScalar(0u));

        string text = await Inspect(header.Write(_folder.File("llama.gguf")));

        Assert.Contains("Not loadable  Reading metadata 'llama.block_count'", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Text_in_a_file_does_not_control_the_terminal()
    {
        HeaderOfLlama header = HeaderOfLlama.OfOneBillion().Set("general.name", GgufValue.FromString("a\u001b[31m\nb"));

        string text = await Inspect(header.Write(_folder.File("llama.gguf")));

        Assert.Contains("\"a\\u001b[31m\\nb\"", text, StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', text);
    }

    [Fact]
    public async Task Json_holds_the_fields_that_other_programs_rely_on()
    {
        HeaderOfLlama header = HeaderOfLlama.OfOneBillion().Set("odd", GgufValue.FromArray(new[] { 1f, float.NaN }))
            .Set("i8", GgufValue.FromArray<sbyte>([-1, 127])).Set("u8", GgufValue.FromArray<byte>([255])).Set("i32", GgufValue.FromArray([-1])).Set("u32", GgufValue.FromArray([uint.MaxValue]));

        JsonElement json = JsonDocument.Parse(await Inspect(header.Write(_folder.File("llama.gguf")), "--json", "--context", "8192")).RootElement;

        Assert.Equal("llama", json.GetProperty("architecture").GetString());
        Assert.Equal(1_235_814_400, json.GetProperty("parameters").GetInt64());
        Assert.Equal("F16", json.GetProperty("file_type").GetString());
        Assert.Equal(16, json.GetProperty("metadata").GetProperty("llama.block_count").GetInt32());
        Assert.Equal("NaN", json.GetProperty("metadata").GetProperty("odd")[1].GetString());
        Assert.Equal(
            ["[-1,127]", "[255]", "[-1]", "[4294967295]"],
            new[] { "i8", "u8", "i32", "u32" }.Select(key => string.Concat(json.GetProperty("metadata").GetProperty(key).GetRawText().Where(c => !char.IsWhiteSpace(c)))));
        Assert.Equal(8192, json.GetProperty("memory").GetProperty("context_length").GetInt32());
        JsonElement first = json.GetProperty("tensors")[0];
        Assert.Equal("token_embd.weight", first.GetProperty("name").GetString());
        Assert.Equal([2048, 128_256], first.GetProperty("shape").EnumerateArray().Select(length => length.GetInt64()));
        Assert.Equal("f16", first.GetProperty("type").GetString());
        Assert.Equal(146, json.GetProperty("tensors").GetArrayLength());
    }

    [Theory]
    [InlineData("ggml-vocab-llama-bpe.gguf", "128,256 x [\"!\"")]
    [InlineData("ggml-vocab-nomic-bert-moe.gguf", "250,048 x [")]
    public async Task A_file_with_only_a_vocabulary_is_shown(string name, string tokens)
    {
        string text = await Inspect(TestData.Vocabulary(name));

        Assert.Contains("none: a vocabulary alone", text, StringComparison.Ordinal);
        Assert.Contains(tokens, text, StringComparison.Ordinal);
        Assert.DoesNotContain("Modules", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_file_the_default_model_is_shown() =>
        Assert.Contains("(0-2): 3 x LlamaDecoderLayer(", await Inspect(), StringComparison.Ordinal);

    [Fact]
    public async Task A_missing_file_is_reported_in_one_message() =>
        Assert.Equal(
            "Opening 'absent.gguf': expected a GGUF file, found nothing there. Check the path.",
            (await Assert.ThrowsAsync<ModelFileException>(() => Inspect("absent.gguf"))).Message);

    private static async Task<string> Inspect(params string[] arguments)
    {
        using var output = new StringWriter { NewLine = "\n" };
        ParseResult parsed = EngineCommand.Create().Parse(["inspect", .. arguments]);
        int code = await parsed.InvokeAsync(new InvocationConfiguration { Output = output, EnableDefaultExceptionHandler = false });
        Assert.Equal(0, code);
        return output.ToString();
    }
}
