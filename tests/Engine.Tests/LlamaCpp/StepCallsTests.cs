using Engine.LlamaCpp;
using Engine.Serving;

namespace Engine.Tests.LlamaCpp;

public sealed class StepCallsTests
{
    private static string Calls(bool columnsAgree, params (int Sequence, int Length)[] chunks) => string.Join(" | ", StepCalls.Exact(
        [.. chunks.Select(chunk => new SequenceChunk(chunk.Sequence, new int[chunk.Length], true))], microBatch: 8, columnsAgree)
        .Select(call => string.Join(", ", call.Select(part => $"{part.Chunk}[{part.First}+{part.Count}]"))));

    [Fact]
    public void A_prompt_is_cut_so_that_no_piece_is_a_single_token()
    {
        Assert.Equal("0[0+8] | 0[8+2]", Calls(true, (0, 10)));
        Assert.Equal("0[0+7] | 0[7+2]", Calls(true, (0, 9)));
        Assert.Equal("0[0+8] | 0[8+7] | 0[15+2]", Calls(true, (0, 17)));
        Assert.Equal("0[0+8]", Calls(true, (0, 8)));
    }

    [Fact]
    public void Prompts_are_evaluated_each_alone() => Assert.Equal("0[0+2] | 1[0+3]", Calls(true, (1, 2), (0, 3)));

    [Fact]
    public void Single_tokens_go_together_by_ascending_sequence_where_the_code_is_the_same() =>
        Assert.Equal("2[0+1], 0[0+1] | 1[0+3]", Calls(true, (5, 1), (2, 3), (3, 1)));

    [Fact]
    public void Single_tokens_go_alone_where_the_code_differs() => Assert.Equal("0[0+1] | 2[0+1] | 1[0+3]", Calls(false, (5, 1), (2, 3), (3, 1)));
}
