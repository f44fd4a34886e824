using Engine.Parity;

namespace Engine.Tests.Parity;

public sealed class CalibrationSequencesTests
{
    private static readonly ModelCard Card = new TableModel([[1, 2, 3]]).Card with { VocabularySize = 500, ContextLength = 40 };

    [Fact]
    public void There_are_the_same_eight_sequences_every_time_within_context_and_vocabulary()
    {
        var given = new ParityInput([7, 8, 9]);
        IReadOnlyList<ParityInput> inputs = CalibrationSequences.Of(given, Card, [RowKind.Logits]);
        Assert.Equal(8, inputs.Count);
        Assert.Equal(given.Tokens, inputs[0].Tokens);
        Assert.All(inputs, input => Assert.InRange(input.Tokens.Count, 1, 40));
        Assert.All(inputs.SelectMany(input => input.Tokens), token => Assert.InRange(token, 0, 499));
        Assert.Equal(
            inputs.SelectMany(input => input.Tokens), CalibrationSequences.Of(given, Card, [RowKind.Logits]).SelectMany(input => input.Tokens));
    }

    [Fact]
    public void An_encoder_decoder_gets_sources_and_targets_after_the_start_token()
    {
        var given = new ParityInput([3, 5, 6]) { Source = [1, 2] };
        IReadOnlyList<ParityInput> inputs = CalibrationSequences.Of(given, Card with { DecoderStartToken = 3 }, [RowKind.Logits, RowKind.Encoder]);
        Assert.All(inputs, input => Assert.Equal(3, input.Tokens[0]));
        Assert.All(inputs, input => Assert.InRange(input.Source!.Count, 1, 40));
    }

    [Fact]
    public void The_rows_of_a_large_vocabulary_stay_small()
    {
        ModelCard large = Card with { VocabularySize = 256_000, ContextLength = 4096 };
        IReadOnlyList<ParityInput> inputs = CalibrationSequences.Of(new ParityInput([.. Enumerable.Range(0, 3000)]), large, [RowKind.Logits]);
        Assert.InRange(inputs.Sum(input => (long)input.Tokens.Count) * 256_000 * sizeof(float), 1, 128 << 20);
    }
}
