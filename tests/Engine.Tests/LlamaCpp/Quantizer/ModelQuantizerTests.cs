using Engine.Gguf;
using Engine.LlamaCpp.Direct;
using Engine.LlamaCpp.Interop;
using Engine.LlamaCpp.Quantizer;
using Engine.Sampling;

namespace Engine.Tests.LlamaCpp.Quantizer;

/// <summary>Judge: llama.cpp v0.5.0 itself, which makes the files and loads them. What falls back to what was measured with it.</summary>
[Collection(LoadedLibrary.Name)]
public sealed class ModelQuantizerTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string> Families => ["llama", "gpt2", "bert", "t5"];

    public void Dispose() => _folder.Dispose();

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
            using GgufFile output = GgufFile.Open(_folder.File("out.gguf"));
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
        using GgufFile output = GgufFile.Open(_folder.File("out.gguf"));
        Assert.All(result.Fallbacks, fallback => Assert.Equal(fallback.Got, output.FindTensor(fallback.Tensor)!.Type));
        // Every weight but the norms has rows of 64 or 96.
        Assert.Equal(output.Tensors.Where(tensor => tensor.Shape.Count == 2).Select(tensor => tensor.Name).Order(), result.Fallbacks.Select(fallback => fallback.Tensor).Order());
    }

    [Fact]
    public async Task A_head_that_falls_back_without_a_word_of_llama_cpp_is_listed_too()
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
    [InlineData("Q4", "Did you mean Q4_K_M?")]
    [InlineData("fp16", "Did you mean F16?")]
    [InlineData("Q4_KM", "Did you mean Q4_K_M?")]
    [InlineData("banana", "expected a type such as Q8_0, Q6_K, Q5_K_M or Q4_K_M, found 'banana'. The help of the command lists all types.")]
    [InlineData("NVFP4", "it reads NVFP4 but cannot make it")]
    public async Task An_unknown_type_is_refused_with_the_types(string type, string expected) =>
        Assert.Contains(expected, (await Refused<ConfigurationException>(Write("llama", 64, 96), type)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("IQ2_XXS")]
    [InlineData("IQ1_S")]
    [InlineData("Q2_K_S")]
    [InlineData("IQ3_XS")]
    public async Task The_coarsest_types_want_an_importance_matrix(string type) =>
        Assert.Contains("importance matrix", (await Refused<ConfigurationException>(Write("llama", 256, 512), type)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("IQ2_XXS", GgmlType.IQ2_XXS)]
    [InlineData("IQ1_S", GgmlType.IQ1_S)]
    [InlineData("IQ2_S", GgmlType.IQ2_XS)]
    public async Task With_an_importance_matrix_they_are_made(string type, GgmlType expected)
    {
        string input = Write("llama", 256, 512);
        QuantizeResult result = await new ModelQuantizer().QuantizeAsync(
            new() { Input = input, Output = _folder.File("out.gguf"), Type = type, ImportanceMatrix = WriteImportance(input) });

        Assert.Contains(expected, result.Tensors.Keys);
        await RunAsync(_folder.File("out.gguf"), "llama");
    }

    [Fact]
    public async Task A_file_that_is_no_importance_matrix_is_refused()
    {
        string input = Write("llama", 64, 96);
        var options = new QuantizeOptions { Input = input, Output = _folder.File("out.gguf"), Type = "Q4_0", ImportanceMatrix = input };
        Assert.Contains("in_sum2", (await Assert.ThrowsAsync<ModelFileException>(() => new ModelQuantizer().QuantizeAsync(options))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task In_place_is_refused_by_path_by_link_and_by_hard_link()
    {
        string input = Write("llama", 64, 96);
        byte[] before = await File.ReadAllBytesAsync(input);
        string symbolic = _folder.File("symbolic.gguf");
        File.CreateSymbolicLink(symbolic, input);
        string hard = _folder.File("hard.gguf");
        using (System.Diagnostics.Process link = System.Diagnostics.Process.Start("ln", [input, hard]))
        {
            await link.WaitForExitAsync();
        }

        foreach (string output in new[] { input, Path.Combine(_folder.File("."), "in.gguf"), symbolic, hard })
        {
            var error = await Assert.ThrowsAsync<ConfigurationException>(() => new ModelQuantizer().QuantizeAsync(new() { Input = input, Output = output, Type = "Q8_0" }));
            Assert.Contains("in place", error.Message, StringComparison.Ordinal);
        }
        Assert.Equal(before, await File.ReadAllBytesAsync(input));
    }

    [Theory]
    [InlineData("absent/out.gguf", "an existing folder")]
    [InlineData(".", "found a folder")]
    [InlineData("/dev/null", "a device or pipe")]
    [InlineData("", "found nothing")]
    public async Task An_output_that_cannot_be_is_refused(string output, string expected)
    {
        string input = Write("llama", 64, 96);
        var options = new QuantizeOptions { Input = input, Output = output.Length == 0 || output[0] == '/' ? output : _folder.File(output), Type = "Q8_0" };
        Assert.Contains(expected, (await Assert.ThrowsAsync<ConfigurationException>(() => new ModelQuantizer().QuantizeAsync(options))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_quantized_already_is_refused_unless_it_is_allowed()
    {
        string input = Write("llama", 256, 512);
        await Quantize(input, "Q8_0");
        File.Move(_folder.File("out.gguf"), _folder.File("q8.gguf"));

        Assert.Contains("--allow-requantize", (await Refused<ModelFileException>(_folder.File("q8.gguf"), "Q4_K_M")).Message, StringComparison.Ordinal);
        var result = await new ModelQuantizer().QuantizeAsync(
            new() { Input = _folder.File("q8.gguf"), Output = _folder.File("out.gguf"), Type = "Q4_K_M", AllowRequantize = true });
        Assert.Contains(GgmlType.Q4_K, result.Tensors.Keys);
    }

    [Fact]
    public async Task Files_that_are_no_models_are_refused()
    {
        await Refused<ModelFileException>(_folder.File("absent.gguf"), "Q8_0");
        await Refused<ModelFileException>(_folder.File("text.gguf", "no model"u8.ToArray()), "Q8_0");
        string truncated = Write("llama", 64, 96);
        using (var file = File.OpenWrite(truncated))
        {
            file.SetLength(file.Length - 100);
        }
        await Refused<ModelFileException>(truncated, "Q8_0");
        TinyModel.Llama().Set("llama.block_count", 0u).Write(truncated).Dispose();
        await Refused<ModelFileException>(truncated, "Q8_0");
        TinyModel.Llama().Set("general.architecture", "unheard-of").Write(truncated).Dispose();
        Assert.Contains("unheard-of", (await Refused<ModelFileException>(truncated, "Q8_0")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Weights_that_are_not_numbers_are_refused_and_leave_nothing()
    {
        string input = _folder.File("nan.gguf");
        TinyModel.Llama(256, 512).Weights(() => float.NaN).Write(input).Dispose();
        await Refused<ModelFileException>(input, "Q8_0");
        Assert.Equal(["nan.gguf"], _folder.Names);
    }

    [Fact]
    public async Task An_output_that_is_there_is_replaced_and_a_link_to_it_stays()
    {
        string input = Write("llama", 64, 96);
        string old = _folder.File("old.gguf", [1, 2, 3]);
        File.CreateSymbolicLink(_folder.File("out.gguf"), old);

        QuantizeResult result = await Quantize(input, "Q8_0");

        Assert.Equal(result.OutputBytes, new FileInfo(old).Length);
        Assert.NotNull(new FileInfo(_folder.File("out.gguf")).LinkTarget);
    }

    [Theory]
    [InlineData(32)]
    [InlineData(64)]
    [InlineData(256)]
    public async Task Tensors_that_are_only_copied_arrive_whole_whatever_the_files_alignment(int alignment)
    {
        var random = new Xoshiro256(3);
        string path = _folder.File("in.gguf");
        TinyModel.Llama(96, 160).Weights(() => (float)(random.NextCoin() - 0.5)).Write(path, alignment).Dispose();

        await Quantize(path, "Q8_0");

        using GgufFile input = GgufFile.Open(path), output = GgufFile.Open(_folder.File("out.gguf"));
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

        using GgufFile output = GgufFile.Open(_folder.File("out.gguf"));
        Assert.Null(output.Metadata["split.count"]);
        Assert.Equal(GgmlType.Q8_0, output.FindTensor("blk.0.ffn_down.weight")!.Type);
        await RunAsync(output.Path, "llama");
    }

    /// <summary>llama.cpp's own call counts the rows of two axes, finds at the end that the sizes disagree, and ends the process.</summary>
    [Fact]
    public async Task A_tensor_of_four_axes_is_quantized_whole()
    {
        string path = _folder.File("in.gguf");
        TinyModel.Llama(64, 96).Tensor("blk.0.attn_q.weight", 64, 4, 4, 4).Write(path).Dispose();

        await Quantize(path, "Q8_0");

        using GgufFile output = GgufFile.Open(_folder.File("out.gguf"));
        GgufTensor tensor = output.FindTensor("blk.0.attn_q.weight")!;
        Assert.Equal((GgmlType.Q8_0, 64 * 64), (tensor.Type, tensor.Elements));
    }

    [Theory]
    [MemberData(nameof(Families))]
    public async Task The_tensors_are_byte_for_byte_those_of_llama_cpp_s_own_call(string family)
    {
        string input = Write(family, 256, 512);
        foreach (string type in new[] { "F16", "BF16", "Q8_0", "Q4_0", "Q5_1", "Q2_K", "Q3_K_M", "Q4_K_M", "Q5_K_S", "IQ4_NL", "IQ4_XS", "TQ1_0", "MXFP4_MOE" })
        {
            await Quantize(input, type);
            AssertSame(input, type, null);
        }
    }

    [Theory]
    [InlineData("Q4_K_M")]
    [InlineData("IQ2_XXS")]
    [InlineData("IQ1_M")]
    public async Task So_they_are_by_an_importance_matrix(string type)
    {
        string input = Write("llama", 256, 512), importance = WriteImportance(input);
        await new ModelQuantizer().QuantizeAsync(new() { Input = input, Output = _folder.File("out.gguf"), Type = type, ImportanceMatrix = importance });
        AssertSame(input, type, importance);
    }

    [Theory]
    [InlineData("F16")]
    [InlineData("BF16")]
    [InlineData("Q8_0")]
    [InlineData("Q4_K_M")]
    [InlineData("IQ4_NL")]
    public async Task So_they_are_from_a_file_that_is_not_in_f32(string stored)
    {
        await Quantize(Write("llama", 256, 512), stored);
        string input = _folder.File("stored.gguf");
        File.Move(_folder.File("out.gguf"), input);
        await new ModelQuantizer().QuantizeAsync(new() { Input = input, Output = _folder.File("out.gguf"), Type = "Q6_K", AllowRequantize = true });
        AssertSame(input, "Q6_K", null);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public async Task Experts_are_weighed_by_their_own_importances(int threads)
    {
        const int width = 256, rows = 320, experts = 3;
        var random = new Xoshiro256(5);
        string input = _folder.File("experts.gguf"), importance = _folder.File("imatrix.gguf");
        TinyModel.Llama(width, rows).Tensor("blk.0.ffn_up.weight", width, rows, experts).Weights(() => (float)(random.NextCoin() - 0.5)).Write(input).Dispose();
        var matrix = new GgufWriter();
        float[] sums = [.. Enumerable.Range(0, width * experts).Select(_ => (float)random.NextCoin())];
        matrix.AddTensor("blk.0.ffn_up.weight.in_sum2", [width, experts], GgmlType.F32, System.Runtime.InteropServices.MemoryMarshal.AsBytes<float>(sums).ToArray());
        matrix.AddTensor("blk.0.ffn_up.weight.counts", [1, experts], GgmlType.F32, System.Runtime.InteropServices.MemoryMarshal.AsBytes<float>([1, 2, 3]).ToArray());
        matrix.Write(importance);

        await new ModelQuantizer().QuantizeAsync(new() { Input = input, Output = _folder.File("out.gguf"), Type = "Q4_K_S", ImportanceMatrix = importance, Threads = threads });

        AssertSame(input, "Q4_K_S", importance);
    }

    [Fact]
    public async Task An_importance_matrix_of_another_model_is_refused()
    {
        string importance = WriteImportance(Write("llama", 64, 96)), input = Write("llama", 256, 512);
        var options = new QuantizeOptions { Input = input, Output = _folder.File("out.gguf"), Type = "Q4_K_M", ImportanceMatrix = importance };
        Assert.Contains("importances of 'blk.0.", (await Assert.ThrowsAsync<ModelFileException>(() => new ModelQuantizer().QuantizeAsync(options))).Message, StringComparison.Ordinal);
        Assert.False(File.Exists(options.Output));
    }

    [Fact]
    public async Task Progress_rises_to_one()
    {
        var parts = new List<float>();
        await new ModelQuantizer().QuantizeAsync(
            new() { Input = Write("gpt2", 64, 96), Output = _folder.File("out.gguf"), Type = "Q8_0", Threads = 1 }, new Reports(parts.Add));

        Assert.Equal(parts.Order(), parts);
        Assert.Equal(1, parts[^1]);
        Assert.True(parts.Count > 5);
    }

    [Fact]
    public async Task Cancelled_within_a_tensor_it_stops_at_once_and_leaves_the_folder_as_it_was()
    {
        // 32 × 1,000,000: some seconds of work in the finest search.
        string input = _folder.File("in.gguf");
        TinyModel.Llama(32, 96).Tensor("token_embd.weight", 32, 1_000_000).Write(input).Dispose();
        string output = _folder.File("out.gguf", [7]);
        using var stop = new CancellationTokenSource();
        Task quantizing = new ModelQuantizer().QuantizeAsync(new() { Input = input, Output = output, Type = "IQ4_NL", Threads = 1 }, null, stop.Token);
        while (_folder.Names.Count() < 3 && !quantizing.IsCompleted)
        {
            await Task.Delay(10);
        }

        long begin = System.Diagnostics.Stopwatch.GetTimestamp();
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => quantizing);

        Assert.InRange(System.Diagnostics.Stopwatch.GetElapsedTime(begin).TotalSeconds, 0, 2);
        Assert.Equal(["in.gguf", "out.gguf"], _folder.Names.Order());
        Assert.Equal([7], await File.ReadAllBytesAsync(output));
    }

    [Fact]
    public async Task A_progress_that_throws_ends_it_and_is_what_the_caller_sees()
    {
        var options = new QuantizeOptions { Input = Write("llama", 64, 96), Output = _folder.File("out.gguf"), Type = "Q8_0" };
        await Assert.ThrowsAsync<InvalidTimeZoneException>(() => new ModelQuantizer().QuantizeAsync(options, new Reports(_ => throw new InvalidTimeZoneException())));
        Assert.Equal(["in.gguf"], _folder.Names);
    }

    private string Write(string family, int width, int feedForward)
    {
        var random = new Xoshiro256(3);
        TinyModel model = family switch
        {
            "llama" => TinyModel.Llama(width, feedForward),
            "gpt2" => TinyModel.Gpt2(width, feedForward),
            "bert" => TinyModel.Bert(width, feedForward),
            _ => TinyModel.T5(width, feedForward),
        };
        model.Weights(() => (float)(random.NextCoin() - 0.5)).Write(_folder.File("in.gguf")).Dispose();
        return _folder.File("in.gguf");
    }

    /// <summary>The same model in two parts.</summary>
    private string[] WriteSplit(string model)
    {
        using GgufFile input = GgufFile.Open(model);
        string[] paths = [_folder.File("split-00001-of-00002.gguf"), _folder.File("split-00002-of-00002.gguf")];
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

    /// <summary>As llama-imatrix would write it, had each input a square of its own number.</summary>
    private string WriteImportance(string model)
    {
        using GgufFile input = GgufFile.Open(model);
        var writer = new GgufWriter();
        writer.SetMetadata("general.type", "imatrix");
        foreach (GgufTensor tensor in input.Tensors.Where(tensor => tensor.Shape.Count == 2))
        {
            float[] sums = [.. Enumerable.Range(1, (int)tensor.Shape[0]).Select(i => (float)i)];
            writer.AddTensor($"{tensor.Name}.in_sum2", [tensor.Shape[0], 1], GgmlType.F32, System.Runtime.InteropServices.MemoryMarshal.AsBytes<float>(sums).ToArray());
            writer.AddTensor($"{tensor.Name}.counts", [1, 1], GgmlType.F32, BitConverter.GetBytes(2f));
        }
        writer.Write(_folder.File("imatrix.gguf"));
        return _folder.File("imatrix.gguf");
    }

    /// <summary>Has llama_model_quantize make the file, too, and compares what they hold.</summary>
    private unsafe void AssertSame(string input, string type, string? importance)
    {
        string judge = _folder.File("judge.gguf");
        using (ImportanceMatrix.Pinned? pinned = importance is null ? null : ImportanceMatrix.Read(importance).Pin())
        {
            llama_model_quantize_params parameters = Llama.llama_model_quantize_default_params();
            parameters.ftype = QuantizeType.Find(type).Number;
            parameters.allow_requantize = true;
            parameters.imatrix = pinned is null ? null : pinned.Entries;
            Assert.Equal(0u, Llama.llama_model_quantize(input, judge, parameters));
        }
        using GgufFile expected = GgufFile.Open(judge), found = GgufFile.Open(_folder.File("out.gguf"));
        Assert.Equal(expected.Metadata.Keys.Order(), found.Metadata.Keys.Order());
        Assert.All(expected.Metadata.Keys, key => Assert.Equal(expected.Metadata[key]!.Value, found.Metadata[key]!.Value));
        Assert.Equal(expected.Tensors.Select(tensor => tensor.Name).Order(), found.Tensors.Select(tensor => tensor.Name).Order());
        Assert.All(expected.Tensors, tensor =>
        {
            GgufTensor made = found.FindTensor(tensor.Name)!;
            Assert.Equal((tensor.Type, tensor.ByteLength), (made.Type, made.ByteLength));
            Assert.True(expected.GetData(tensor, 0, (int)tensor.ByteLength).SequenceEqual(found.GetData(made, 0, (int)made.ByteLength)), $"{type}: {tensor.Name}");
        });
    }

    private Task<QuantizeResult> Quantize(string input, string type) =>
        new ModelQuantizer().QuantizeAsync(new() { Input = input, Output = _folder.File("out.gguf"), Type = type });

    private Task<T> Refused<T>(string input, string type) where T : Exception => Assert.ThrowsAsync<T>(() => Quantize(input, type));

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
