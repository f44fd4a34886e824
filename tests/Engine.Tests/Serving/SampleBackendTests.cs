using Engine.Serving;
using SampleBackend;
using Tests.Contracts;

namespace Engine.Tests.Serving;

/// <summary>A third-party backend, one page long and using only the public surface, keeps the contract.</summary>
public sealed class SampleBackendTests : GeneratorContract
{
    protected override ModelCapabilities Capabilities => ModelCapabilities.Score | ModelCapabilities.Generate | ModelCapabilities.Embed;

    protected override ScoreRequest Score(params int[] tokens) => new() { Tokens = Prompt.FromTokens(tokens), Numerics = Numerics.Strict };

    protected override int[] Begin(GenerateRequest request) => [.. request.Prompt.Tokens!];

    protected override ValueTask<IModel> LoadAsync(string file) => Load(new() { Path = file, ContextLength = 128 });

    internal static async ValueTask<IModel> Load(ModelOptions options)
    {
        await File.WriteAllTextAsync(options.Path, "the cat sat on the mat, and the dog lay on the log. once upon a time there was a text of two lines.\nthis is the other.");
        return await new BigramBackend().LoadAsync(options);
    }

    [Fact]
    public void It_sees_only_what_is_public() =>
        Assert.DoesNotContain(new[] { typeof(ServedModel), typeof(IModel) }.SelectMany(type => type.Assembly.GetCustomAttributes(typeof(System.Runtime.CompilerServices.InternalsVisibleToAttribute), false))
            .Cast<System.Runtime.CompilerServices.InternalsVisibleToAttribute>(), friend => friend.AssemblyName == typeof(BigramBackend).Assembly.GetName().Name);
}

/// <summary>And gets the batch with its queue, its prefixes and its cancellations.</summary>
public sealed class SampleBackendBatchTests : BatchContract
{
    protected override double Tolerance => double.Epsilon; // it looks its rows up

    protected override ValueTask<IModel> LoadAsync(ModelOptions options) => SampleBackendTests.Load(options);
}
