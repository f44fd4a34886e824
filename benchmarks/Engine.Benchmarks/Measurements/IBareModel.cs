namespace Engine.Benchmarks.Measurements;

/// <summary>A model without scheduler, tokenizer or sampling: what is measured on both sides of a comparison.</summary>
internal interface IBareModel : IDisposable
{
    /// <summary>V.</summary>
    int VocabularySize { get; }

    /// <summary>Evaluates tokens after those of the first sequence, and gives the most probable next one.</summary>
    int Decode(int[] tokens);

    /// <summary>Evaluates a token of each of the first sequences, all at a position, and gives the most probable next ones.</summary>
    int[] Step(int[] tokens, int position);

    /// <summary>Forgets all sequences from a position on.</summary>
    void Cut(int length);
}
