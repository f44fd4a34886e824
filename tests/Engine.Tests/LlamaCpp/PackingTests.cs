using Engine.LlamaCpp;
using Engine.LlamaCpp.Direct;
using Engine.LlamaCpp.Memory;
using Engine.Serving;
using Tests.Contracts;

namespace Engine.Tests.LlamaCpp;

[Collection(LoadedLibrary.Name)]
[Trait("Judge", "llama.cpp")]
public sealed class PackingTests : LlamaPackingContract
{
    private static readonly ContextShape Room = new(512, 512, 512, Numerics.Production) { Sequences = 4, IsUnified = true };

    private protected override async Task<LlamaModel> LoadAsync(ModelOptions options) => await new LlamaCppBackend().LoadFileAsync(options, null, default);

    private static int[][] Groups(ContextShape shape, params int[] lengths) =>
        [.. PackedInputs.Of([.. lengths.Select(length => new PassInput(new int[length]))], shape)];

    [Fact]
    public void Inputs_of_similar_length_go_together_up_to_the_sequences_and_the_tokens_there_is_room_for()
    {
        Assert.Equal([[1, 3, 5, 0], [4, 2]], Groups(Room, 9, 1, 200, 2, 20, 3));
        Assert.Equal([[0, 1], [2]], Groups(Room, 100, 150, 400));
        Assert.Equal([[0], [1]], Groups(Room with { Batch = 64 }, 40, 50));
        Assert.Empty(Groups(Room));
    }

    [Fact]
    public void One_that_is_longer_than_what_goes_together_is_alone() => Assert.Equal([[1], [0]], Groups(Room, 2000, 500));

    [Fact]
    public void Without_sequences_each_is_alone() => Assert.Equal([[1], [0]], Groups(Room with { Sequences = 1 }, 2, 1));
}
