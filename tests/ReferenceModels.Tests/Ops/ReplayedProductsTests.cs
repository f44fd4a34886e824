using Engine;
using Engine.Gguf;
using ReferenceModels.Quantization;

namespace ReferenceModels.Tests.Ops;

/// <summary>The products of a whole model as llama.cpp runs it, with its own library and settings, each given the native side's inputs.</summary>
[Trait("Judge", "llama.cpp")]
public sealed class ReplayedProductsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public static TheoryData<GgmlType> Types => [.. BlockFormat.All.Select(format => format.Type).Except([GgmlType.F32])];

    public void Dispose() => _folder.Dispose();

    [Theory, MemberData(nameof(Types))]
    public async Task In_ggml_arithmetic_every_product_is_a_hundred_times_closer_to_llama_cpp(GgmlType type)
    {
        var llama = new RandomLlama { Type = type, Width = 256, Inner = 512, H = 8, G = 2, N = 1 };
        string path = llama.Write(_folder.File("random.gguf"));
        foreach (int T in (int[])[1, 7])
        {
            var request = new ScoreRequest { Tokens = Prompt.FromTokens(llama.Tokens(T)), Numerics = Numerics.Strict, Activations = [ScoreRequest.AllActivations] };
            await using IModel native = await ReferenceModelFixture.LoadNativeAsync(path, 256);
            IReadOnlyList<Activation> theirs = (await native.ScoreAsync(request).FirstAsync()).Activations;
            Dictionary<string, double> exact = await ErrorsAsync(Arithmetic.Exact), ggml = await ErrorsAsync(Arithmetic.Ggml);
            // Q, K, V, attention output, three of the feed-forward, logits.
            Assert.Equal(8, exact.Count);
            Assert.All(exact, product => Assert.True(100 * ggml[product.Key] <= product.Value, $"{product.Key}: exact {product.Value:E1}, ggml {ggml[product.Key]:E1}"));

            async Task<Dictionary<string, double>> ErrorsAsync(Arithmetic arithmetic)
            {
                await using IModel ours = await new ReferenceBackend().LoadAsync(new ModelOptions { Path = path, Backend = "reference", ContextLength = 256 });
                IReadOnlyList<Activation> replayed = (await ours.ScoreAsync(request with { Replay = theirs, Arithmetic = arithmetic }).FirstAsync()).Activations;
                return replayed.Where(activation => activation.Operation == "MUL_MAT" && !activation.Name.StartsWith("kq", StringComparison.Ordinal)).ToDictionary(
                    activation => activation.Name,
                    activation => Agreement.Nmse(activation.Values, theirs.Single(other => (other.Name, other.Operation, other.Occurrence) == (activation.Name, activation.Operation, activation.Occurrence)).Values));
            }
        }
    }
}
