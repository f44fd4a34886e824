using Engine;
using Engine.Registry;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace ReferenceModels.Tests.Registry;

/// <summary>A model serves only after it has passed the comparison required by its configuration.</summary>
public sealed class ModelGateTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly ChangingConfiguration _configuration = new();
    private readonly string _right;
    private readonly string _wrong;

    public ModelGateTests()
    {
        _right = new RandomLlama { V = 320, Seed = 1 }.Write(_folder.File("right.gguf"));
        _wrong = new RandomLlama { V = 320, Seed = 2 }.Write(_folder.File("wrong.gguf"));
    }

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("strict")]
    [InlineData("production")]
    public async Task A_correct_model_passes_against_the_reference_on_the_same_file(string numerics)
    {
        await using ServiceProvider services = Start(("Path", "builtin:llama-stories"), ("Gate:Oracle", "reference"), ("Gate:Numerics", numerics));
        var registry = services.GetRequiredService<IModelRegistry>();
        await using IModel model = await registry.LeaseAsync();
        Assert.Equal(("llama.cpp", ModelState.Ready), (model.Card.Backend, registry.StatusOf().State));
    }

    [Fact]
    public async Task A_wrong_model_does_not_serve_even_as_the_first_and_is_not_judged_again_until_its_file_changes()
    {
        await using ServiceProvider services = Start(("Path", _wrong), ("Gate:Oracle", "oracle"));
        var registry = services.GetRequiredService<IModelRegistry>();
        var refusal = await Assert.ThrowsAsync<GateException>(() => registry.GetAsync().AsTask());
        Assert.StartsWith($"Judging the model 'default' by 'oracle': expected {_wrong} to pass, found that ", refusal.Message, StringComparison.Ordinal);
        Assert.EndsWith("Give it another file, or set Engine:Models:default:Gate:Nmse to the distance that you accept.", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(new ModelStatus("default", ModelState.Failed, refusal), registry.StatusOf());
        Assert.Same(refusal, await Assert.ThrowsAsync<GateException>(() => registry.GetAsync().AsTask()));

        File.Copy(_right, _wrong, overwrite: true);
        File.SetLastWriteTimeUtc(_wrong, File.GetLastWriteTimeUtc(_wrong).AddSeconds(2));
        Assert.Equal(320, (await registry.GetAsync()).Card.VocabularySize);
    }

    [Fact]
    public async Task A_change_to_a_wrong_model_leaves_the_correct_one_serving()
    {
        await using ServiceProvider services = Start(("Path", _right), ("Gate:Oracle", "oracle"));
        var registry = services.GetRequiredService<IModelRegistry>();
        IModel model = await registry.GetAsync();
        Change(("Path", _wrong));
        await Until(() => registry.StatusOf().State == ModelState.Degraded);
        Assert.IsType<GateException>(registry.StatusOf().Failure);
        Assert.Equal(_right, model.Card.Path);
        Assert.NotEmpty(await model.ScoreAsync(new() { Tokens = Prompt.FromTokens([1, 2, 3]) }).ToListAsync());

        Change(("Gate:Nmse", "1000"));
        await Until(() => registry.StatusOf().State == ModelState.Ready);
        Assert.Equal(_wrong, model.Card.Path);
    }

    [Theory]
    [InlineData("Text", "abc")]
    [InlineData("File", "text.txt")]
    public async Task A_model_is_judged_on_the_configured_text(string key, string value)
    {
        File.WriteAllText(_folder.File("text.txt"), "words of a file");
        await using ServiceProvider services = Start(("Path", _right), ("Gate:Oracle", "oracle"), ($"Gate:{key}", key == "File" ? _folder.File(value) : value));
        Assert.Equal(_right, (await services.GetRequiredService<IModelRegistry>().GetAsync()).Card.Path);
    }

    [Fact]
    public async Task A_model_on_the_reference_passes_with_the_reference_as_oracle()
    {
        await using ServiceProvider services = Start(("Path", _right), ("Backend", "reference"), ("Gate:Oracle", "reference"));
        Assert.Equal("reference", (await services.GetRequiredService<IModelRegistry>().GetAsync()).Card.Backend);
    }

    /// <summary>Models on llama.cpp; the oracle is the correct one on the reference.</summary>
    private ServiceProvider Start(params (string Key, string? Value)[] settings)
    {
        Change([("Device", "cpu"), .. settings]);
        _configuration.Change(("Engine:Models:oracle:Path", _right), ("Engine:Models:oracle:Backend", "reference"));
        var services = new ServiceCollection();
        services.AddEngine(new ConfigurationBuilder().Add(_configuration).Build()).AddReferenceModels();
        return services.BuildServiceProvider();
    }

    private void Change(params (string Key, string? Value)[] settings) =>
        _configuration.Change([.. settings.Select(setting => ($"Engine:Models:default:{setting.Key}", setting.Value))]);

    private static async Task Until(Func<bool> holds)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (!holds())
        {
            await Task.Delay(5, limit.Token);
        }
    }
}
