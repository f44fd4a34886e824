using System.Runtime.CompilerServices;

namespace Engine.Tests.Parity;

/// <summary>A model that answers with the rows of a table, in blocks of a size of its own choice.</summary>
internal sealed class TableModel(float[][] rows, int blockRows = 2, string fileType = "F32") : IModel
{
    public int Vocabulary { get; init; } = rows[0].Length;

    /// <summary>Ids its tokenizer gives for any text.</summary>
    public int[] Ids { get; init; } = [.. rows.Select((_, t) => t)];

    /// <summary>The row at which it refuses to continue, as a backend does that computed NaN.</summary>
    public int? NonFiniteRow { get; init; }

    public ModelCard Card => new()
    {
        Name = "table",
        Path = "table.gguf",
        Architecture = "llama",
        Backend = "table",
        Device = "cpu",
        FileType = fileType,
        Parameters = 0,
        TensorBytes = 0,
        VocabularySize = Vocabulary,
        EmbeddingLength = 1,
        Layers = 0,
        ContextLength = 1000,
        TrainedContextLength = 1000,
        Capabilities = ModelCapabilities.Score,
    };

    public ITokenizer Tokenizer => new FixedTokenizer(Ids);

    public async IAsyncEnumerable<ScoreBlock> ScoreAsync(
        ScoreRequest request, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await Task.Yield();
        int end = request.FirstPosition + (request.PositionCount ?? request.Tokens.Tokens!.Count - request.FirstPosition);
        for (int first = request.FirstPosition; first < end; first += blockRows)
        {
            int count = Math.Min(Math.Min(blockRows, request.BlockRows), Math.Min(end, rows.Length) - first);
            if (first <= NonFiniteRow && NonFiniteRow < first + count)
            {
                throw new NonFiniteLogitsException("NaN in row " + NonFiniteRow);
            }
            yield return new ScoreBlock
            {
                FirstPosition = first,
                Rows = count,
                Vocabulary = Vocabulary,
                Logits = [.. rows.Skip(first).Take(count).SelectMany(row => row)],
            };
        }
    }

    public IAsyncEnumerable<GeneratedToken> GenerateAsync(GenerateRequest request, CancellationToken cancellationToken = default) =>
        throw new UnsupportedRequestException("A table does not generate.");

    public ValueTask<Embeddings> EmbedAsync(EmbedRequest request, CancellationToken cancellationToken = default) =>
        throw new UnsupportedRequestException("A table does not embed.");

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private sealed class FixedTokenizer(int[] ids) : ITokenizer
    {
        public int VocabularySize => 1000;

        public int? BeginningOfSequence => null;

        public int? EndOfSequence => null;

        public bool IsEndOfGeneration(int token) => false;

        public IReadOnlyList<int> Encode(string text, bool addSpecial = true, bool parseSpecial = false) => ids;

        public ReadOnlyMemory<byte> GetBytes(int token) => default;

        public string GetPiece(int token) => "";

        public string Decode(IEnumerable<int> tokens) => "";
    }
}
