using Engine.Gguf;
using Engine.LlamaCpp.Direct;
using Engine.LlamaCpp.Quantizer;
using Engine.Sampling;

namespace Engine.Tests.LlamaCpp.Quantizer;

/// <summary>The result: the formats requested, or those fallen back to, in a file that still runs. Judge: llama.cpp v0.5.0, which loads the files.</summary>
[Collection(LoadedLibrary.Name)]
public sealed class ModelQuantizerTests : QuantizerTestBase
{
    [Theory]
    [MemberData(nameof(Families))]
    public async Task Every_family_becomes_what_is_asked_and_still_runs(string family)
    {
        string input = Write(family, 256, 512);
        foreach (string name in new[] { "f16", "BF16", "q8_0", "Q4_0", "Q5_1", "Q2_K", "Q3_K_L", "Q4_K_M", "Q6_K", "IQ4_NL", "IQ4_XS", "TQ1_0", "TQ2_0" })
        {
            QuantizeResult result = await Quantize(input, name);

            Assert.Empty(result.Fallbacks);
            Assert.Equal(name, result.Type, ignoreCase: true);
            using GgufFile output = GgufFile.Open(Folder.File("out.gguf"));
            GgmlType expected = Enum.Parse<GgmlType>(string.Join('_', name.Split('_')[..Math.Min(2, name.Split('_').Length)]), ignoreCase: true);
            Assert.Equal(expected, output.FindTensor(family == "t5" ? "enc.blk.0.attn_q.weight" : family == "gpt2" ? "blk.0.ffn_up.weight" : "blk.0.attn_q.weight")!.Type);
            Assert.Equal(result.Tensors[expected], output.Tensors.Count(tensor => tensor.Type == expected));
            Assert.Equal(output.FileBytes, result.OutputBytes);
            await RunAsync(output.Path, family);
        }
    }

    [Theory]
    [InlineData("Q2_K", GgmlType.Q2_K, GgmlType.Q4_0)]
    [InlineData("Q3_K_S", GgmlType.Q3_K, GgmlType.Q4_0)]
    [InlineData("Q4_K_S", GgmlType.Q4_K, GgmlType.Q5_0)]
    [InlineData("Q5_K_S", GgmlType.Q5_K, GgmlType.Q5_1)]
    [InlineData("Q6_K", GgmlType.Q6_K, GgmlType.Q8_0)]
    [InlineData("IQ4_XS", GgmlType.IQ4_XS, GgmlType.IQ4_NL)]
    [InlineData("TQ1_0", GgmlType.TQ1_0, GgmlType.Q4_0)]
    [InlineData("IQ2_XXS", GgmlType.IQ2_XXS, GgmlType.IQ4_NL)] // and so it needs no importance matrix
    public async Task Rows_of_64_fall_back_to_a_format_of_32_and_are_listed(string type, GgmlType wanted, GgmlType got)
    {
        QuantizeResult result = await Quantize(Write("llama", 64, 96), type);

        Assert.Contains(new QuantizeFallback("blk.0.attn_q.weight", 64, wanted, got), result.Fallbacks);
        using GgufFile output = GgufFile.Open(Folder.File("out.gguf"));
        Assert.All(result.Fallbacks, fallback => Assert.Equal(fallback.Got, output.FindTensor(fallback.Tensor)!.Type));
        // Every weight but the norms has rows of 64 or 96.
        Assert.Equal(output.Tensors.Where(tensor => tensor.Shape.Count == 2).Select(tensor => tensor.Name).Order(), result.Fallbacks.Select(fallback => fallback.Tensor).Order());
    }

    [Fact]
    public async Task A_head_that_llama_cpp_silently_lets_fall_back_is_listed_too()
    {
        QuantizeResult result = await Quantize(Write("llama", 64, 256), "Q4_K_M");

        Assert.Contains(new QuantizeFallback("token_embd.weight", 64, GgmlType.Q6_K, GgmlType.Q8_0), result.Fallbacks);
        Assert.DoesNotContain(result.Fallbacks, fallback => fallback.Tensor == "blk.0.ffn_down.weight"); // rows of 256
    }

    [Fact]
    public async Task Rows_that_no_block_divides_become_F16()
    {
        QuantizeResult result = await Quantize(Write("llama", 48, 80), "Q4_K_M");

        Assert.NotEmpty(result.Fallbacks);
        Assert.All(result.Fallbacks, fallback => Assert.Equal(GgmlType.F16, fallback.Got));
        Assert.Contains(result.Fallbacks, fallback => fallback is { Tensor: "token_embd.weight", Wanted: GgmlType.Q6_K });
    }

    [Fact]
    public async Task Mxfp4_without_experts_is_Q8_0_and_the_report_says_so()
    {
        QuantizeResult result = await Quantize(Write("llama", 64, 96), "mxfp4");

        Assert.Equal("MXFP4_MOE", result.Type);
        Assert.Contains(new QuantizeFallback("blk.0.attn_q.weight", 64, GgmlType.MXFP4, GgmlType.Q8_0), result.Fallbacks);
    }

    [Fact]
    public async Task Plain_formats_never_fall_back() => Assert.Empty((await Quantize(Write("llama", 48, 80), "F16")).Fallbacks);

    [Theory]
    [InlineData("IQ2_XXS", GgmlType.IQ2_XXS)]
    [InlineData("IQ1_S", GgmlType.IQ1_S)]
    [InlineData("IQ2_S", GgmlType.IQ2_XS)]
    public async Task With_an_importance_matrix_they_are_made(string type, GgmlType expected)
    {
        string input = Write("llama", 256, 512);
        QuantizeResult result = await new ModelQuantizer().QuantizeAsync(
            new() { Input = input, Output = Folder.File("out.gguf"), Type = type, ImportanceMatrix = WriteImportance(input) });

        Assert.Contains(expected, result.Tensors.Keys);
        await RunAsync(Folder.File("out.gguf"), "llama");
    }

    [Fact]
    public async Task An_existing_output_is_replaced_and_a_link_to_it_stays()
    {
        string input = Write("llama", 64, 96);
        string old = Folder.File("old.gguf", [1, 2, 3]);
        File.CreateSymbolicLink(Folder.File("out.gguf"), old);

        QuantizeResult result = await Quantize(input, "Q8_0");

        Assert.Equal(result.OutputBytes, new FileInfo(old).Length);
        Assert.NotNull(new FileInfo(Folder.File("out.gguf")).LinkTarget);
    }

    [Theory]
    [InlineData(32)]
    [InlineData(64)]
    [InlineData(256)]
    public async Task Tensors_that_are_only_copied_arrive_intact_whatever_the_files_alignment(int alignment)
    {
        var random = new Xoshiro256(3);
        string path = Folder.File("in.gguf");
        TinyModel.Llama(96, 160).Weights(() => (float)(random.NextCoin() - 0.5)).Write(path, alignment).Dispose();

        await Quantize(path, "Q8_0");

        using GgufFile input = GgufFile.Open(path), output = GgufFile.Open(Folder.File("out.gguf"));
        foreach (GgufTensor copied in output.Tensors.Where(tensor => tensor.Type == GgmlType.F32))
        {
            byte[] before = input.GetData(input.FindTensor(copied.Name)!, 0, (int)copied.ByteLength).ToArray();
            Assert.Equal(before, output.GetData(copied, 0, (int)copied.ByteLength).ToArray());
        }
    }

    [Fact]
    public async Task A_split_file_becomes_one_and_no_part_of_it_is_written_over()
    {
        string[] parts = WriteSplit(Write("llama", 64, 96));

        foreach (string part in parts)
        {
            var refused = await Assert.ThrowsAsync<ConfigurationException>(() => new ModelQuantizer().QuantizeAsync(new() { Input = parts[0], Output = part, Type = "Q8_0" }));
            Assert.Contains("in place", refused.Message, StringComparison.Ordinal);
        }
        await Quantize(parts[0], "Q8_0");

        using GgufFile output = GgufFile.Open(Folder.File("out.gguf"));
        Assert.Null(output.Metadata["split.count"]);
        Assert.Equal(GgmlType.Q8_0, output.FindTensor("blk.0.ffn_down.weight")!.Type);
        await RunAsync(output.Path, "llama");
    }

    /// <summary>llama.cpp's own call counts the rows of two axes, finds at the end that the sizes disagree, and ends the process.</summary>
    [Fact]
    public async Task A_tensor_of_four_axes_is_quantized_whole()
    {
        string path = Folder.File("in.gguf");
        TinyModel.Llama(64, 96).Tensor("blk.0.attn_q.weight", 64, 4, 4, 4).Write(path).Dispose();

        await Quantize(path, "Q8_0");

        using GgufFile output = GgufFile.Open(Folder.File("out.gguf"));
        GgufTensor tensor = output.FindTensor("blk.0.attn_q.weight")!;
        Assert.Equal((GgmlType.Q8_0, 64 * 64), (tensor.Type, tensor.Elements));
    }

    [Fact]
    public async Task Progress_rises_to_1()
    {
        var parts = new List<float>();
        await new ModelQuantizer().QuantizeAsync(
            new() { Input = Write("gpt2", 64, 96), Output = Folder.File("out.gguf"), Type = "Q8_0", Threads = 1 }, new Reports(parts.Add));

        Assert.Equal(parts.Order(), parts);
        Assert.Equal(1, parts[^1]);
        Assert.True(parts.Count > 5);
    }

    [Fact]
    public async Task Cancelled_within_a_tensor_it_stops_at_once_and_leaves_the_folder_as_it_was()
    {
        // 32 × 1,000,000: some seconds of work in the finest search.
        string input = Folder.File("in.gguf");
        TinyModel.Llama(32, 96).Tensor("token_embd.weight", 32, 1_000_000).Write(input).Dispose();
        string output = Folder.File("out.gguf", [7]);
        using var stop = new CancellationTokenSource();
        Task quantizing = new ModelQuantizer().QuantizeAsync(new() { Input = input, Output = output, Type = "IQ4_NL", Threads = 1 }, null, stop.Token);
        while (Folder.Names.Count() < 3 && !quantizing.IsCompleted)
        {
            await Task.Delay(10);
        }

        long begin = System.Diagnostics.Stopwatch.GetTimestamp();
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => quantizing);

        Assert.InRange(System.Diagnostics.Stopwatch.GetElapsedTime(begin).TotalSeconds, 0, 2);
        Assert.Equal(["in.gguf", "out.gguf"], Folder.Names.Order());
        Assert.Equal([7], await File.ReadAllBytesAsync(output));
    }

    [Fact]
    public async Task A_progress_handler_that_throws_ends_the_quantization_and_its_exception_reaches_the_caller()
    {
        var options = new QuantizeOptions { Input = Write("llama", 64, 96), Output = Folder.File("out.gguf"), Type = "Q8_0" };
        await Assert.ThrowsAsync<InvalidTimeZoneException>(() => new ModelQuantizer().QuantizeAsync(options, new Reports(_ => throw new InvalidTimeZoneException())));
        Assert.Equal(["in.gguf"], Folder.Names);
    }

    /// <summary>The same model in two parts.</summary>
    private string[] WriteSplit(string model)
    {
        using GgufFile input = GgufFile.Open(model);
        string[] paths = [Folder.File("split-00001-of-00002.gguf"), Folder.File("split-00002-of-00002.gguf")];
        for (int part = 0; part < 2; part++)
        {
            var writer = new GgufWriter();
            foreach (string key in input.Metadata.Keys.Where(_ => part == 0))
            {
                writer.SetMetadata(key, input.Metadata[key]!);
            }
            writer.SetMetadata("split.no", (ushort)part);
            writer.SetMetadata("split.count", (ushort)2);
            writer.SetMetadata("split.tensors.count", input.Tensors.Count);
            foreach ((int index, GgufTensor tensor) in input.Tensors.Index().Where(tensor => tensor.Index % 2 == part))
            {
                writer.AddTensor(tensor.Name, tensor.Shape, tensor.Type, input.GetData(tensor, 0, (int)tensor.ByteLength).ToArray());
            }
            writer.Write(paths[part]);
        }
        return paths;
    }

    private static async Task RunAsync(string path, string family)
    {
        await using IModel model = await new LlamaCppBackend().LoadAsync(new ModelOptions { Path = path, Device = "cpu" });
        if (family is "llama" or "gpt2")
        {
            List<ScoreBlock> blocks = await model.ScoreAsync(new ScoreRequest { Tokens = Prompt.FromTokens([1, 2, 3]) }).ToListAsync();
            Assert.Equal(3, blocks.Sum(block => block.Rows));
        }
        else if (family == "bert")
        {
            Assert.Single((await model.EmbedAsync(new EmbedRequest { Inputs = [Prompt.FromTokens([2, 4, 3])] })).Rows);
        }
    }

    private sealed class Reports(Action<float> report) : IProgress<float>
    {
        public void Report(float value) => report(value);
    }
}
