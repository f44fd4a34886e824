namespace ReferenceModels.Training.Objectives;

/// <summary>A model's outputs for one training example; only what is requested is computed.</summary>
public interface IAnswers
{
    /// <summary>The language model's logits, a row (V) for each of the example's tokens: which token may follow it.</summary>
    Scores Tokens();

    /// <summary>The masked-token head's logits, a row (V) for each of some positions.</summary>
    /// <param name="positions">Indices into the example's tokens.</param>
    Scores MaskedTokens(IReadOnlyList<int> positions);

    /// <summary>The next-sentence head's logits, one row: it follows, or it does not.</summary>
    Scores NextSentence();

    /// <summary>The classification head's logits, one row.</summary>
    Scores Classes();
}
