using Engine.Tokenizers.Merging;

namespace Engine.Tests.Tokenizers.Merging;

public sealed class PairMergingTests
{
    [Theory]
    [InlineData(2)]
    [InlineData(63)]
    [InlineData(64)]
    [InlineData(65)]
    [InlineData(1_000)]
    public void Short_and_long_words_merge_as_the_definition_says(int length)
    {
        var random = new Random(length);
        for (int round = 0; round < 20; round++)
        {
            var table = new MergeTable(200);
            var rule = new Dictionary<(int, int), (int Rank, int Piece)>();
            for (int rank = 0; rank < 200; rank++)
            {
                (int, int) pair = (random.Next(40), random.Next(40));
                table.Add(pair.Item1, pair.Item2, rank, 4 + (rank % 36));
                rule.TryAdd(pair, (rank, 4 + (rank % 36)));
            }
            int[] word = [.. Enumerable.Range(0, length).Select(_ => random.Next(4))];
            Symbol[] symbols = [.. word.Select((piece, at) => new Symbol(at, 1, piece))];
            int count = PairMerging.Run(ref table, symbols);
            Assert.Equal(ByDefinition(word, rule), symbols[..count].Select(symbol => symbol.Piece));
            Assert.Equal(length, symbols[..count].Sum(symbol => symbol.Length));
        }
    }

    // Look at all pairs, merge the leftmost of lowest rank, begin again.
    private static List<int> ByDefinition(int[] word, Dictionary<(int, int), (int Rank, int Piece)> rule)
    {
        List<int> pieces = [.. word];
        while (true)
        {
            (int Rank, int Piece, int At) best = (int.MaxValue, 0, -1);
            for (int at = 0; at + 1 < pieces.Count; at++)
            {
                if (rule.TryGetValue((pieces[at], pieces[at + 1]), out var found) && found.Rank < best.Rank)
                {
                    best = (found.Rank, found.Piece, at);
                }
            }
            if (best.At < 0)
            {
                return pieces;
            }
            pieces[best.At] = best.Piece;
            pieces.RemoveAt(best.At + 1);
        }
    }
}
