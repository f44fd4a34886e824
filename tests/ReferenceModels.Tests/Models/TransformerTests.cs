using Engine;
using Engine.Gguf;
using ReferenceModels.Models;
using ReferenceModels.Ops;
using ReferenceModels.Tests.Ops;
using ReferenceModels.Weights;

namespace ReferenceModels.Tests.Models;

public sealed class TransformerTests : IDisposable
{
    private static readonly int[] Source = [7, 3, 12, 1, 25, 31], Target = [0, 5, 9, 5, 30];

    private readonly TemporaryFolder _folder = new();
    private readonly Workers _workers = new(1);

    public void Dispose()
    {
        _workers.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public void The_gradients_of_all_weights_match_central_differences(bool tied, bool biases)
    {
        var shape = new TransformerFile();
        using GgufFile file = GgufFile.Open(shape.Write(_folder.File("random.gguf"), tied, biases));
        Transformer transformer = Transformer.Load(file, shape.V, trainable: true);
        double[] δlogits = Doubles.Random(Target.Length * shape.V, 7);

        var tape = new Tape();
        Tensor logits = Logits(transformer, new Pass(_workers, tape));
        δlogits.ToFloats().CopyTo(logits.Gradient);
        tape.Backward();

        GradientCheck.Weights(Weights(transformer), δlogits, tap => Logits(transformer, new Pass(_workers), tap: tap).Values.ToArray());
    }

    [Fact]
    public void Decoding_token_by_token_gives_the_rows_of_scoring_at_once()
    {
        using GgufFile file = Open(out Transformer transformer);
        float[] expected = Logits(transformer, new Pass(_workers)).Values.ToArray();
        State state = transformer.CreateState(new Pass(_workers), 8);
        transformer.Encode(state, Source, []);
        List<float> stepwise = [];
        foreach (int token in Target)
        {
            stepwise.AddRange(transformer.Logits(state, transformer.Forward(state, [token], 1)).Values);
        }
        Assert.InRange(Agreement.OfRms(stepwise, expected), 0, Agreement.Floats);
    }

    [Fact]
    public void Padding_after_a_source_changes_nothing()
    {
        using GgufFile file = Open(out Transformer transformer);
        float[] plain = Logits(transformer, new Pass(_workers), [7, 3, 12]).Values.ToArray();
        Assert.InRange(Agreement.OfRms(Logits(transformer, new Pass(_workers), [7, 3, 12, 1, 1, 1, 1]).Values.ToArray(), plain), 0, Agreement.Floats);
        Assert.NotEqual(plain, Logits(transformer, new Pass(_workers), [7, 3, 12, 2, 2, 2, 2]).Values.ToArray());
    }

    [Fact]
    public void A_tap_changes_nothing_and_padding_gets_no_weight()
    {
        using GgufFile file = Open(out Transformer transformer);
        State state = transformer.CreateState(new Pass(_workers), 8);
        state.Tap = new ActivationTap([ScoreRequest.AllActivations], []);
        transformer.Encode(state, Source, []);
        float[] looked = transformer.Logits(state, transformer.Forward(state, Target, Target.Length)).Values.ToArray();
        Assert.InRange(Agreement.OfRms(looked, Logits(transformer, new Pass(_workers)).Values.ToArray()), 0, Agreement.Floats);
        foreach (Activation weights in state.Tap.Activations.Where(a => a.Name.StartsWith("kq_soft_max", StringComparison.Ordinal) && a.Shape[0] == Source.Length))
        {
            // The fourth token of the source is padding.
            Assert.All(weights.Values.Chunk(Source.Length), row => Assert.Equal(0, row[3]));
            Assert.All(weights.Values.Chunk(Source.Length), row => Assert.Equal(1, row.Sum(), 1e-5));
        }
    }

    [Fact]
    public void Dropout_repeats_for_a_seed_and_applies_only_under_a_tape()
    {
        using GgufFile file = Open(out Transformer transformer);
        float[] Dropped(ulong seed, Tape? tape) =>
            Logits(transformer, new Pass(_workers, tape) { Dropout = new DropoutRule(0.1f, seed) }).Values.ToArray();

        Assert.Equal(Dropped(5, new Tape()), Dropped(5, new Tape()));
        Assert.NotEqual(Dropped(5, new Tape()), Dropped(6, new Tape()));
        Assert.Equal(Logits(transformer, new Pass(_workers)).Values.ToArray(), Dropped(5, tape: null));
    }

    [Fact]
    public async Task The_answer_generated_from_a_source_is_the_most_probable_by_score()
    {
        await using IModel model = await ReferenceModelFixture.LoadAsync(new TransformerFile().Write(_folder.File("random.gguf"), tied: false, biases: true));
        var request = new GenerateRequest { Prompt = Prompt.FromTokens(Source), MaxTokens = 6, Sampling = SamplingOptions.Greedy, IgnoreEndOfGeneration = true };
        List<int> answer = [];
        await foreach (GeneratedToken token in model.GenerateAsync(request))
        {
            answer.Add(token.Token);
        }
        var score = new ScoreRequest { Tokens = Prompt.FromTokens([0, .. answer]), Source = Prompt.FromTokens(Source) };
        ScoreBlock block = await model.ScoreAsync(score).FirstAsync();
        for (int t = 0; t < answer.Count; t++)
        {
            float[] row = block.Row(t).ToArray();
            Assert.Equal(answer[t], Array.IndexOf(row, row.Max()));
        }
    }

    [Fact]
    public async Task A_source_of_only_padding_is_refused()
    {
        await using IModel model = await ReferenceModelFixture.LoadAsync(new TransformerFile().Write(_folder.File("random.gguf"), tied: true, biases: true));
        var request = new ScoreRequest { Tokens = Prompt.FromTokens(Target), Source = Prompt.FromTokens([1, 1, 1]) };
        InvalidRequestException error = await Assert.ThrowsAsync<InvalidRequestException>(() => model.ScoreAsync(request).FirstAsync().AsTask());
        Assert.Contains("found only padding", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("enc.blk.1.ffn_up.weight")]
    [InlineData("dec.blk.0.cross_attn_output_norm.bias")]
    public async Task A_missing_tensor_is_named(string tensor)
    {
        string path = new TransformerFile { Missing = tensor }.Write(_folder.File("random.gguf"), tied: true, biases: true);
        ModelFileException error = await Assert.ThrowsAsync<ModelFileException>(() => ReferenceModelFixture.LoadAsync(path));
        Assert.Contains($"'{tensor}'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Llama_cpp_does_not_know_it_and_the_refusal_names_the_backend_that_does()
    {
        string path = new TransformerFile().Write(_folder.File("random.gguf"), tied: true, biases: true);
        EngineException error = await Assert.ThrowsAnyAsync<EngineException>(() => ReferenceModelFixture.LoadNativeAsync(path, 64));
        Assert.Contains("'transformer'", error.Message, StringComparison.Ordinal);
        Assert.Contains("reference backend", error.Message, StringComparison.Ordinal);
    }

    private GgufFile Open(out Transformer transformer)
    {
        var shape = new TransformerFile();
        GgufFile file = GgufFile.Open(shape.Write(_folder.File("random.gguf"), tied: false, biases: true));
        transformer = Transformer.Load(file, shape.V);
        return file;
    }

    private static Tensor Logits(Transformer transformer, Pass pass, int[]? source = null, ActivationTap? tap = null)
    {
        State state = transformer.CreateState(pass, 8);
        state.Tap = tap;
        transformer.Encode(state, source ?? Source, []);
        return transformer.Logits(state, transformer.Forward(state, Target, Target.Length));
    }

    private static IEnumerable<Weight> Weights(Transformer transformer) =>
        ((Weight?[])[transformer.W.TokenEmbd, transformer.W.Output.W, transformer.W.Output.b, .. transformer.W.Encoder.Concat(transformer.W.Decoder).SelectMany(L => (Weight?[])
        [
            .. Weights(L.Self), .. L.Cross is null ? [] : Weights(L.Cross), L.FfnUp.W, L.FfnUp.b, L.FfnDown.W, L.FfnDown.b, L.Norm.g, L.Norm.b,
        ])]).OfType<Weight>().Distinct();

    private static Weight?[] Weights(Transformer.TransformerAttention a) => [a.Q.W, a.Q.b, a.K.W, a.K.b, a.V.W, a.V.b, a.O.W, a.O.b, a.Norm.g, a.Norm.b];
}
