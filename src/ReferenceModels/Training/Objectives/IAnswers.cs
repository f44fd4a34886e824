namespace ReferenceModels.Training.Objectives;

/// <summary>What a model that learns says of one example; only what is requested is computed.</summary>
public interface IAnswers
{
    /// <summary>The language model's logits, a row (V) for each of the example's tokens: what may follow it.</summary>
    Scores Tokens();

    /// <summary>The masked-token head's logits, a row (V) for each of some positions.</summary>
    /// <param name="positions">Indices into the example's tokens.</param>
    Scores MaskedTokens(IReadOnlyList<int> positions);

    /// <summary>The next-sentence head's logits, one row: it follows, it does not.</summary>
    Scores NextSentence();

    /// <summary>The classification head's logits, one row.</summary>
    Scores Classes();
}
