using Engine.LlamaCpp;
using Engine.LlamaCpp.Direct;
using Engine.LlamaCpp.Taps;
using Engine.Sampling;

namespace Engine.Tests.LlamaCpp.Taps;

/// <summary>All nodes of each family's graph. The judges are the sums and products that the names promise.</summary>
[Collection(LoadedLibrary.Name)]
[Trait("Judge", "llama.cpp")]
public sealed class GraphTapTests : IDisposable
{
    private const int T = 5;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private async Task<IModel> Load(TinyModel model)
    {
        var random = new Xoshiro256(7);
        model.Weights(() => (float)(random.NextCoin() - 0.5)).Write(_folder.File("model.gguf")).Dispose();
        return await new LlamaCppBackend().LoadAsync(new() { Path = _folder.File("model.gguf"), Device = "cpu" });
    }

    private async Task<IReadOnlyList<Activation>> Score(TinyModel tiny, params string[] names)
    {
        await using IModel model = await Load(tiny);
        Prompt? source = model.Card.DecoderStartToken is null ? null : Prompt.FromTokens([3, 4, 5]);
        var request = new ScoreRequest { Tokens = Prompt.FromTokens([0, 1, 2, 3, 4]), Source = source, Numerics = Numerics.Strict, Activations = names };
        return (await model.ScoreAsync(request).ToListAsync())[0].Activations;
    }

    private async Task<Embeddings> Embed(TinyModel tiny, Pooling pooling, params string[] names)
    {
        await using IModel model = await Load(tiny);
        return await model.EmbedAsync(new() { Inputs = [Prompt.FromTokens([2, 4, 5, 4, 3])], Pooling = pooling, Numerics = Numerics.Strict, Activations = names });
    }

    private static Activation One(IReadOnlyList<Activation> all, string name, string operation, int occurrence = 0, string? part = null) =>
        Assert.Single(all, a => (a.Name, a.Operation, a.Occurrence, a.Part) == (name, operation, occurrence, part));

    private static void IsSum(Activation sum, Activation first, Activation second) =>
        Assert.Equal(first.Values.Zip(second.Values, (a, b) => a + b), sum.Values); // one addition, rounded as IEEE 754 says

    private static void SumsToOne(Activation probabilities) =>
        Assert.All(probabilities.Values.Chunk((int)probabilities.Shape[0]), row => Assert.Equal(1, row.Sum(value => (double)value), row.Length / (double)(1 << 24)));

    [Fact]
    public async Task All_nodes_of_a_llama_have_names_and_scores_over_the_positions_there_are()
    {
        var all = await Score(TinyModel.Llama(), ScoreRequest.AllActivations);
        Assert.DoesNotContain(all, a => a.Name.Contains("node_", StringComparison.Ordinal) || a.Name.StartsWith(' '));
        Assert.Equal([T, T, 2], One(all, "kq-0", "MUL_MAT").Shape);
        SumsToOne(One(all, "kq_soft_max-0", "SOFT_MAX"));
        IsSum(One(all, "ffn_inp-0", "ADD"), One(all, "attn_out-0 (rows)", "GET_ROWS"), One(all, "embd (rows)", "GET_ROWS"));
        Assert.Equal([262, T], One(all, "result_output", "MUL_MAT").Shape);
        Assert.All(all, a => Assert.Equal(a.Values.Length, a.Shape.Aggregate(1L, (product, length) => product * length)));
    }

    [Fact]
    public async Task What_gpt2_leaves_without_a_name_is_named_after_its_weight()
    {
        var all = await Score(TinyModel.Gpt2(), ScoreRequest.AllActivations);
        var product = One(all, "attn_output-0", "MUL_MAT");
        Assert.Equal([8, T], product.Shape);
        IsSum(One(all, "ffn_inp-0", "ADD"), One(all, "attn_output-0", "ADD"), One(all, "inpL", "ADD"));
        var named = await Score(TinyModel.Gpt2(), "attn_output-0");
        Assert.Equal(product.Values, One(named, "attn_output-0", "MUL_MAT").Values);
        Assert.Equal(["MUL_MAT", "ADD"], named.Select(a => a.Operation));
    }

    [Fact]
    public async Task A_view_comes_in_the_order_of_its_shape()
    {
        var all = await Score(TinyModel.Gpt2(), ScoreRequest.AllActivations);
        var (qkv, keys) = (One(all, "wqkv_b-0", "ADD"), One(all, "Kcur-0", "VIEW"));
        Assert.Equal([4, 2, T], keys.Shape);
        Assert.Equal(qkv.Values.Chunk(24).SelectMany(row => row[8..16]), keys.Values);
        var permuted = One(all, "kqv-0 (permuted)", "PERMUTE");
        Assert.Equal(One(all, "kqv_out-0", "CONT").Values, permuted.Values);
    }

    [Fact]
    public async Task An_encoder_hands_out_its_nodes_with_the_embeddings()
    {
        var answer = await Embed(TinyModel.Bert(), Pooling.None, ScoreRequest.AllActivations);
        var all = answer.Activations;
        IsSum(One(all, "inp_embd", "ADD"), One(all, "token_types", "ADD"), One(all, "position_embd", "GET_ROWS"));
        IsSum(One(all, "add(kqv_out-0,inp_norm-0)", "ADD"), One(all, "kqv_out-0", "ADD"), One(all, "inp_norm-0", "ADD"));
        IsSum(One(all, "add(ffn_out-0,ffn_inp-0)", "ADD"), One(all, "ffn_out-0", "ADD"), One(all, "ffn_inp-0", "ADD"));
        Assert.Equal(answer.Rows.SelectMany(row => row), One(all, "result_embd", "ADD").Values);
        SumsToOne(One(all, "kq_soft_max-0", "SOFT_MAX"));
    }

    [Fact]
    public async Task A_classifier_hands_out_its_scores_under_their_name()
    {
        var tiny = TinyModel.Bert().Tensor("cls.weight", 8, 8).Tensor("cls.bias", 8).Tensor("cls.output.weight", 8, 1).Tensor("cls.output.bias", 1);
        var answer = await Embed(tiny, Pooling.Rank, ScoreRequest.AllActivations);
        Assert.Equal(Assert.Single(answer.Rows), One(answer.Activations, "result_embd_pooled", "ADD").Values);
        Assert.Equal([8, T], One(answer.Activations, "result_embd", "ADD").Shape);
        Assert.Equal([8, 1], One(answer.Activations, "cls", "ADD").Shape);
    }

    [Fact]
    public async Task A_decoder_hands_out_its_nodes_with_the_embeddings()
    {
        var answer = await Embed(TinyModel.Llama(), Pooling.None, "result_norm");
        Assert.Equal(answer.Rows.SelectMany(row => row), Assert.Single(answer.Activations).Values);
    }

    [Fact]
    public async Task The_parts_of_an_encoder_decoder_are_told_apart_and_counted_apart()
    {
        var all = await Score(TinyModel.T5(), ScoreRequest.AllActivations);
        Assert.Equal([3, 3, 2], One(all, "kq_plus_kq_b-0", "ADD", 0, "encoder").Shape);
        Assert.Equal([T, T, 2], One(all, "kq_plus_kq_b-0", "ADD", 0, "decoder").Shape);
        Assert.Equal([3, T, 2], One(all, "kq-0", "MUL_MAT", 1, "decoder").Shape);
        IsSum(One(all, "kq_plus_kq_b-0", "ADD", 0, "decoder"), One(all, "kq-0", "MUL_MAT", 0, "decoder"), One(all, "pos_bias", "CONT", 0, "decoder"));
        SumsToOne(One(all, "kq_soft_max-0", "SOFT_MAX", 0, "decoder"));
        SumsToOne(One(all, "kq_soft_max-0", "SOFT_MAX", 1, "decoder"));
        IsSum(One(all, "ffn_inp-0", "ADD", 0, "encoder"), One(all, "kqv_out-0 (rows)", "GET_ROWS", 0, "encoder"), One(all, "embd (rows)", "GET_ROWS", 0, "encoder"));
        Assert.All(all, a => Assert.True(a.Part is "encoder" or "decoder"));

        var embedded = await Embed(TinyModel.T5(), Pooling.None, "result_norm");
        Assert.Equal(embedded.Rows.SelectMany(row => row), One(embedded.Activations, "result_norm", "MUL", 0, "encoder").Values);
    }

    [Fact]
    public async Task In_production_halves_are_read_as_well()
    {
        await using IModel model = await Load(TinyModel.Bert());
        var request = new EmbedRequest { Inputs = [Prompt.FromTokens([2, 4, 3])], Activations = [ScoreRequest.AllActivations] };
        var all = (await model.EmbedAsync(request)).Activations;
        Assert.Contains(all, a => a.Operation == "FLASH_ATTN_EXT");
        var half = Assert.Single(all, a => a.Operation == "CPY" && a.Name.StartsWith("Kcur-0", StringComparison.Ordinal));
        Assert.All(half.Values, value => Assert.Equal((float)(Half)value, value));
        Assert.Contains(half.Values, value => value != 0);
    }

    [Fact]
    public async Task More_than_the_memory_holds_is_refused_with_both_numbers()
    {
        TinyModel.Llama().Write(_folder.File("model.gguf")).Dispose();
        using LlamaCppModel model = await new LlamaCppBackend().LoadFileAsync(new() { Path = _folder.File("model.gguf"), Device = "cpu" }, null, default);
        using var tap = new GraphTap([ScoreRequest.AllActivations]) { Available = 1000 };
        using LlamaContext context = model.CreateContext(model.Shapes.Tapping(3, Numerics.Strict, tap));
        context.Evaluate([1, 2, 3], 3, default);
        var error = Assert.Throws<InsufficientMemoryException>(() => tap.Finish());
        Assert.Equal(1000, error.AvailableBytes);
        Assert.True(error.RequiredBytes > 1000);
    }
}
