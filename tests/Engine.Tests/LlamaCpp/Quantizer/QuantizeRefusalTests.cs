using Engine.Gguf;
using Engine.LlamaCpp.Quantizer;

namespace Engine.Tests.LlamaCpp.Quantizer;

/// <summary>What is refused; the folder is left as it was.</summary>
[Collection(LoadedLibrary.Name)]
public sealed class QuantizeRefusalTests : QuantizerTestBase
{
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
    public async Task The_coarsest_types_need_an_importance_matrix(string type) =>
        Assert.Contains("importance matrix", (await Refused<ConfigurationException>(Write("llama", 256, 512), type)).Message, StringComparison.Ordinal);

    [Fact]
    public async Task A_file_that_is_not_an_importance_matrix_is_refused()
    {
        string input = Write("llama", 64, 96);
        var options = new QuantizeOptions { Input = input, Output = Folder.File("out.gguf"), Type = "Q4_0", ImportanceMatrix = input };
        Assert.Contains("in_sum2", (await Assert.ThrowsAsync<ModelFileException>(() => new ModelQuantizer().QuantizeAsync(options))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task In_place_is_refused_by_path_by_link_and_by_hard_link()
    {
        string input = Write("llama", 64, 96);
        byte[] before = await File.ReadAllBytesAsync(input);
        string symbolic = Folder.File("symbolic.gguf");
        File.CreateSymbolicLink(symbolic, input);
        string hard = Folder.File("hard.gguf");
        using (System.Diagnostics.Process link = System.Diagnostics.Process.Start("ln", [input, hard]))
        {
            await link.WaitForExitAsync();
        }

        foreach (string output in new[] { input, Path.Combine(Folder.File("."), "in.gguf"), symbolic, hard })
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
    public async Task An_impossible_output_is_refused(string output, string expected)
    {
        string input = Write("llama", 64, 96);
        var options = new QuantizeOptions { Input = input, Output = output.Length == 0 || output[0] == '/' ? output : Folder.File(output), Type = "Q8_0" };
        Assert.Contains(expected, (await Assert.ThrowsAsync<ConfigurationException>(() => new ModelQuantizer().QuantizeAsync(options))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_quantized_input_is_refused_unless_it_is_allowed()
    {
        string input = Write("llama", 256, 512);
        await Quantize(input, "Q8_0");
        File.Move(Folder.File("out.gguf"), Folder.File("q8.gguf"));

        Assert.Contains("--allow-requantize", (await Refused<ModelFileException>(Folder.File("q8.gguf"), "Q4_K_M")).Message, StringComparison.Ordinal);
        var result = await new ModelQuantizer().QuantizeAsync(
            new() { Input = Folder.File("q8.gguf"), Output = Folder.File("out.gguf"), Type = "Q4_K_M", AllowRequantize = true });
        Assert.Contains(GgmlType.Q4_K, result.Tensors.Keys);
    }

    [Fact]
    public async Task Files_that_are_no_models_are_refused()
    {
        await Refused<ModelFileException>(Folder.File("absent.gguf"), "Q8_0");
        await Refused<ModelFileException>(Folder.File("text.gguf", "no model"u8.ToArray()), "Q8_0");
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
        string input = Folder.File("nan.gguf");
        TinyModel.Llama(256, 512).Weights(() => float.NaN).Write(input).Dispose();
        await Refused<ModelFileException>(input, "Q8_0");
        Assert.Equal(["nan.gguf"], Folder.Names);
    }

    [Fact]
    public async Task An_importance_matrix_of_another_model_is_refused()
    {
        string importance = WriteImportance(Write("llama", 64, 96)), input = Write("llama", 256, 512);
        var options = new QuantizeOptions { Input = input, Output = Folder.File("out.gguf"), Type = "Q4_K_M", ImportanceMatrix = importance };
        Assert.Contains("importances of 'blk.0.", (await Assert.ThrowsAsync<ModelFileException>(() => new ModelQuantizer().QuantizeAsync(options))).Message, StringComparison.Ordinal);
        Assert.False(File.Exists(options.Output));
    }

    private Task<T> Refused<T>(string input, string type) where T : Exception => Assert.ThrowsAsync<T>(() => Quantize(input, type));
}
