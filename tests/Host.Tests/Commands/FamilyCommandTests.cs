using System.Text.Json;
using Engine.Gguf;

namespace Engine.Host.Tests.Commands;

/// <summary>The verbs on encoder–decoders and encoders.</summary>
public sealed class FamilyCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private string T5 => TinyFamilies.T5(_folder.File("t5.gguf"));

    private static JsonElement Json(Outcome outcome) => JsonDocument.Parse(outcome.Output).RootElement;

    [Fact]
    public async Task The_prompt_of_an_encoder_decoder_is_its_source()
    {
        string[] rest = ["--model", T5, "--temperature", "0", "--max-tokens", "12", "--ignore-eos", "--json"];
        JsonElement native = Json(await EngineProcess.RunAsync(["generate", "once upon a time", .. rest]));
        JsonElement reference = Json(await EngineProcess.RunAsync(["generate", "once upon a time", "--backend", "reference", .. rest]));
        JsonElement other = Json(await EngineProcess.RunAsync(["generate", "the time", .. rest]));
        Assert.Equal(6, native.GetProperty("prompt_tokens").GetInt32()); // </s> included, the start of the answer not
        Assert.Equal(12, native.GetProperty("tokens").GetArrayLength());
        Assert.Equal(native.GetProperty("tokens").GetRawText(), reference.GetProperty("tokens").GetRawText());
        Assert.Equal(native.GetProperty("text").GetString(), reference.GetProperty("text").GetString());
        Assert.NotEqual(native.GetProperty("tokens").GetRawText(), other.GetProperty("tokens").GetRawText());
    }

    [Fact]
    public async Task A_generation_from_a_source_is_verified_and_a_fault_is_found()
    {
        string[] arguments = ["generate", "once upon a time", "--model", T5, "--max-tokens", "12", "--ignore-eos", "--seed", "3", "--numerics", "strict", "--verify", "--json"];
        Outcome passed = await EngineProcess.RunAsync(arguments);
        Assert.Equal("pass", Json(passed).GetProperty("validate").GetProperty("verdict").GetString());
        Assert.Equal(12, Json(passed).GetProperty("validate").GetProperty("positions").GetInt32());
        Assert.Equal(0, passed.ExitCode);
        Outcome failed = await EngineProcess.RunAsync([.. arguments, "--reference-model", Faulty("enc.blk.1.attn_v.weight", 1.05f)]);
        Assert.Equal("fail", Json(failed).GetProperty("validate").GetProperty("verdict").GetString());
        Assert.Equal(1, failed.ExitCode);
    }

    [Theory]
    [InlineData("llama.cpp")]
    [InlineData("reference")]
    public async Task An_encoder_refuses_to_generate_with_a_message(string backend)
    {
        Outcome outcome = await EngineProcess.RunAsync("generate", "once", "--model", TinyFamilies.Bert(_folder.File("bert.gguf")), "--backend", backend);
        Assert.Equal(2, outcome.ExitCode);
        Assert.Empty(outcome.Output);
        Assert.Contains($"tiny bert is a bert on {backend}: it embeds text. It cannot generate text; use a model that can, such as ", outcome.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", outcome.Error, StringComparison.Ordinal);
    }

    /// <summary>A copy of the T5 with one tensor scaled.</summary>
    private string Faulty(string tensor, float factor)
    {
        using GgufFile file = GgufFile.Open(T5);
        var writer = new GgufWriter();
        foreach (string key in file.Metadata.Keys)
        {
            writer.SetMetadata(key, file.Metadata[key]!);
        }
        foreach (GgufTensor one in file.Tensors)
        {
            byte[] data = file.GetData(one, 0, (int)one.ByteLength).ToArray();
            for (int i = 0; one.Name == tensor && i < data.Length; i += sizeof(float))
            {
                BitConverter.TryWriteBytes(data.AsSpan(i), BitConverter.ToSingle(data, i) * factor);
            }
            writer.AddTensor(one.Name, one.Shape, one.Type, data);
        }
        writer.Write(_folder.File("faulty.gguf"));
        return _folder.File("faulty.gguf");
    }
}
