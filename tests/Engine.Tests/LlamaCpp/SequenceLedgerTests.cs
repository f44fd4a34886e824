using Engine.LlamaCpp;
using Engine.LlamaCpp.Memory;

namespace Engine.Tests.LlamaCpp;

/// <summary>One refusal for each thing that llama.cpp ends the process over or silently accepts.</summary>
public sealed class SequenceLedgerTests
{
    private static readonly ContextShape Shape = new(Length: 20, Batch: 16, Outputs: 4, Numerics.Production) { Sequences = 3, Cells = 256, IsUnified = true };

    private readonly SequenceLedger _ledger = new(Shape);

    private static void Refused(string words, Action call) =>
        Assert.Contains(words, Assert.Throws<InvalidOperationException>(call).Message, StringComparison.Ordinal);

    private void Hold(int sequence, int length)
    {
        _ledger.Begin();
        _ledger.Add(sequence, new int[length], 0);
        _ledger.Commit();
        _ledger.Begin();
    }

    [Fact]
    public void Tokens_stand_after_those_before_each_in_its_sequence()
    {
        Hold(1, 2);
        _ledger.Begin();
        Assert.Equal(0, _ledger.Add(1, [7, 8], 1));
        Assert.Equal(2, _ledger.Add(0, [9], 0));
        Assert.Equal([new(7, 2, 1, false), new(8, 3, 1, true), new LlamaToken(9, 0, 0, false)], _ledger.Tokens.ToArray());
        Assert.Equal((0, 2), (_ledger.LengthOf(0), _ledger.LengthOf(1))); // planned only
        _ledger.Commit();
        Assert.Equal((1, 4), (_ledger.LengthOf(0), _ledger.LengthOf(1)));
    }

    [Fact]
    public void After_an_aborted_call_the_sequences_hold_what_llama_cpp_says()
    {
        Hold(0, 5);
        Hold(1, 2);
        _ledger.Begin();
        _ledger.Add(1, [1, 2, 3], 0);
        _ledger.Read(sequence => sequence == 1 ? 4 : throw new InvalidOperationException("asked of a sequence that had no part in the call"));
        Assert.Equal((5, 4), (_ledger.LengthOf(0), _ledger.LengthOf(1)));
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(3)] // silently accepted where cells are shared
    [InlineData(256)] // fatal
    public void A_sequence_that_the_context_does_not_have(int sequence)
    {
        Refused($"a sequence from 0 to 2, found {sequence}", () => _ledger.Add(sequence, [1], 0));
        Refused("a sequence", () => _ledger.LengthOf(sequence));
        Refused("a sequence", () => _ledger.CheckRemoval(sequence, 0));
        Hold(0, 1);
        Refused("a sequence", () => _ledger.CheckSharing(0, sequence, 1));
        Refused("a sequence", () => _ledger.CheckSharing(sequence, 1, 1));
    }

    [Fact]
    public void More_tokens_than_a_call_allows()
    {
        _ledger.Add(0, new int[10], 0);
        Refused("1 to 16 tokens in a call, found 17", () => _ledger.Add(1, new int[7], 0));
        _ledger.Add(1, new int[6], 0);
    }

    [Fact]
    public void No_tokens_at_all() => Refused("1 to 16 tokens", () => _ledger.Add(0, [], 0));

    [Fact]
    public void More_rows_than_there_is_room_for()
    {
        _ledger.Add(0, new int[3], 3);
        Refused("at most 4 rows in a call, and one of a token, found 5", () => _ledger.Add(1, new int[2], 2));
        Refused("one of a token", () => _ledger.Add(1, new int[1], 2));
        _ledger.Add(1, new int[2], 1);
    }

    [Fact]
    public void Rows_of_an_embedding_context_requested_or_not()
    {
        var ledger = new SequenceLedger(Shape with { Embeds = true });
        Refused("at most 4 rows", () => ledger.Add(0, new int[5], 1));
    }

    [Fact]
    public void The_same_sequence_twice_in_a_call()
    {
        _ledger.Add(1, [1], 0);
        Refused("each sequence once", () => _ledger.Add(1, [2], 0));
        _ledger.Begin();
        _ledger.Add(1, [1], 0);
    }

    [Fact]
    public void A_position_beyond_the_context_length()
    {
        Hold(2, 16);
        Refused("at most 20 tokens in a sequence, found 21", () => _ledger.Add(2, new int[5], 0));
        _ledger.Add(2, new int[4], 0);
    }

    [Fact]
    public void Removing_what_a_sequence_does_not_hold()
    {
        Hold(0, 4);
        Refused("a position from 0 to 4", () => _ledger.CheckRemoval(0, 5));
        Refused("a position", () => _ledger.CheckRemoval(0, -1)); // to llama.cpp the whole
        _ledger.CheckRemoval(0, 4);
    }

    [Fact]
    public void Sharing_what_is_not_held_or_with_one_that_holds_something()
    {
        Hold(0, 4);
        Hold(1, 1);
        Refused("an empty sequence 1, found one of 1 tokens", () => _ledger.CheckSharing(0, 1, 2));
        Refused("1 to 4 tokens, which sequence 0 holds, found 5", () => _ledger.CheckSharing(0, 2, 5));
        Refused("1 to 4 tokens", () => _ledger.CheckSharing(0, 2, 0));
        Refused("an empty sequence 0", () => _ledger.CheckSharing(0, 0, 1));
        _ledger.CheckSharing(0, 2, 4);
    }

    [Fact]
    public void Shapes_that_end_the_process()
    {
        Refused("from 1 to 256 sequences, found 257", () => _ = new SequenceLedger(Shape with { Sequences = 257, Outputs = 257 }));
        Refused("from 1 to 256 sequences, found 0", () => _ = new SequenceLedger(Shape with { Sequences = 0 }));
        Refused("room for a row of each of 3 sequences, found room for 2", () => _ = new SequenceLedger(Shape with { Outputs = 2 }));
        Refused("calls of 1 to 256 tokens", () => _ = new SequenceLedger(Shape with { Batch = 257 }));
        Refused("calls of 1 to 256 tokens", () => _ = new SequenceLedger(Shape with { Batch = 0 }));
        Refused("at most 16 tokens at once", () => _ = new SequenceLedger(Shape with { MicroBatch = 17 }));
    }

    [Theory]
    [InlineData(true, 1, 100, 256)]
    [InlineData(true, 3, 300, 512)]
    [InlineData(false, 3, 300, 768)] // 256 for each
    [InlineData(false, 2, 520, 1024)] // 512 for each
    public void Cells_are_those_that_llama_cpp_makes_of_the_number_asked_for(bool unified, int sequences, int asked, int cells) =>
        Assert.Equal(cells, (Shape with { Sequences = sequences, Cells = asked, IsUnified = unified }).Cells);
}
