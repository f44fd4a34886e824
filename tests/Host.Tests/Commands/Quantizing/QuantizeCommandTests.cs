using System.Diagnostics;
using System.Text.Json;
using Engine.Host.Tests.Hostile;

namespace Engine.Host.Tests.Commands.Quantizing;

public sealed class QuantizeCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private string Input => _folder.File("in.gguf");

    private string Output => _folder.File("out.gguf");

    [Fact]
    public async Task The_copy_is_written_and_fallbacks_are_listed_in_80_columns()
    {
        await File.WriteAllBytesAsync(Input, SmallModels.Llama().ToBytes());

        Outcome outcome = await EngineProcess.RunAsync("quantize", Input, Output, "q4_k_m");

        Assert.Equal(0, outcome.ExitCode);
        Assert.Empty(outcome.Error);
        Assert.Contains("  Type     Q4_K_M\n", outcome.Output, StringComparison.Ordinal);
        Assert.Contains("15 of 20 tensors fell back to another format than Q4_K_M wants;\n", outcome.Output, StringComparison.Ordinal);
        Assert.Contains("  blk.0.attn_q.weight           32  q4_K     q5_0\n", outcome.Output, StringComparison.Ordinal);
        Assert.Contains("  blk.0.ffn_down.weight         48  q4_K     f16\n", outcome.Output, StringComparison.Ordinal);
        Assert.All(outcome.Output.Split('\n').Skip(1), line => Assert.InRange(line.Length, 0, 80));
        Outcome inspected = await EngineProcess.RunAsync("inspect", Output);
        Assert.Contains("11 q5_0", inspected.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Json_holds_sizes_types_and_fallbacks()
    {
        await File.WriteAllBytesAsync(Input, SmallModels.Gpt2().ToBytes());

        Outcome outcome = await EngineProcess.RunAsync("quantize", Input, Output, "Q6_K", "--json");

        JsonElement json = JsonDocument.Parse(outcome.Output).RootElement;
        Assert.Equal("Q6_K", json.GetProperty("type").GetString());
        Assert.Equal(new FileInfo(Output).Length, json.GetProperty("output_bytes").GetInt64());
        Assert.InRange(json.GetProperty("bits_per_weight").GetDouble(), 8.5, 16);
        Assert.Equal(json.GetProperty("fallbacks").GetArrayLength(),
            json.GetProperty("tensors").GetProperty("q8_0").GetInt32() + json.GetProperty("tensors").GetProperty("f16").GetInt32());
        JsonElement fallback = json.GetProperty("fallbacks").EnumerateArray().Single(one => one.GetProperty("tensor").GetString() == "blk.1.ffn_up.weight");
        Assert.Equal(("q6_K", "q8_0", 32), (fallback.GetProperty("wanted").GetString(), fallback.GetProperty("got").GetString(), fallback.GetProperty("row_length").GetInt32()));
    }

    [Fact]
    public async Task A_bundled_model_can_be_quantized_by_its_name()
    {
        Outcome outcome = await EngineProcess.RunAsync("quantize", "builtin:llama-stories-f32", Output, "Q8_0");
        Assert.True(outcome.ExitCode == 0 && File.Exists(Output), outcome.ToString());
    }

    [Fact]
    public async Task A_mistake_gives_a_message_and_nothing_is_written()
    {
        await File.WriteAllBytesAsync(Input, SmallModels.Llama().ToBytes());
        foreach ((string[] arguments, string message) in new (string[], string)[]
        {
            ([Input, Output, "Q4_KM"], "Did you mean Q4_K_M?"),
            ([Input, Input, "Q8_0"], "Quantizing in place would destroy what is read"),
            ([_folder.File("absent.gguf"), Output, "Q8_0"], "found nothing there"),
            ([Input, Output], "TYPE is missing."),
            ([Input, Output, "Q8_0", "more"], "takes IN OUT TYPE"),
        })
        {
            Outcome outcome = await EngineProcess.RunAsync(["quantize", .. arguments]);
            Assert.Equal(2, outcome.ExitCode);
            Assert.Contains(message, outcome.Error, StringComparison.Ordinal);
            Assert.Single(outcome.Error.TrimEnd().Split('\n'));
        }
        Assert.Equal(["in.gguf"], _folder.Names);
    }

    [Fact]
    public async Task Ctrl_C_ends_it_at_once_and_leaves_nothing()
    {
        // 32 × 1,000,000: some seconds of work in the finest search.
        ModelFile model = SmallModels.Llama().Set("llama.vocab_size", 1_000_000u).Set("tokenizer.ggml.model", "no_vocab").Tensor("token_embd.weight", [32, 1_000_000]);
        await File.WriteAllBytesAsync(Input, model.ToBytes());
        using Process process = EngineProcess.Start(["quantize", Input, Output, "IQ4_NL", "--threads", "1"]);
        // This thread waits itself: the continuation of a delay can come too late if the other tests keep the pool's threads busy.
        while (_folder.Names.Count() == 1 && !process.WaitForExit(10))
        {
        }
        Signal.Send(process, Signal.Interrupt);
        await process.WaitForExitAsync();

        Assert.Equal(130, process.ExitCode);
        Assert.Equal(["in.gguf"], _folder.Names);
    }
}
