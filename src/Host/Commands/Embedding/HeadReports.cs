namespace Engine.Host.Commands.Embedding;

/// <summary>What <c>embed --head mask --json</c> prints.</summary>
/// <param name="Head"><c>mask</c>.</param>
/// <param name="Inputs">In their order.</param>
/// <param name="Model">Its name.</param>
/// <param name="Backend">The backend that computed the rows.</param>
/// <param name="Device">Where it ran.</param>
internal sealed record MaskReport(string Head, IReadOnlyList<MaskedInput> Inputs, string Model, string Backend, string Device);

/// <param name="Tokens">Ids, special ones included.</param>
/// <param name="Masks">Each masked position.</param>
internal sealed record MaskedInput(IReadOnlyList<int> Tokens, IReadOnlyList<Mask> Masks);

/// <param name="Position">Index among the tokens, from 0.</param>
/// <param name="Candidates">The likeliest first.</param>
internal sealed record Mask(int Position, IReadOnlyList<Candidate> Candidates);

/// <param name="Token">Its id.</param>
/// <param name="Piece">Its text in the vocabulary.</param>
/// <param name="Logit">The head's.</param>
/// <param name="Probability">Softmax over the vocabulary.</param>
internal sealed record Candidate(int Token, string Piece, float Logit, double Probability);

/// <summary>What <c>embed --head next-sentence --json</c> and <c>--head classify --json</c> print.</summary>
/// <param name="Head"><c>next-sentence</c> or <c>classify</c>.</param>
/// <param name="Labels">The classes; of next-sentence <c>is_next</c> and <c>not_next</c>.</param>
/// <param name="Inputs">In their order.</param>
/// <param name="Model">Its name.</param>
/// <param name="Backend">The backend that computed the rows.</param>
/// <param name="Device">Where it ran.</param>
internal sealed record ClassReport(string Head, IReadOnlyList<string> Labels, IReadOnlyList<ClassifiedInput> Inputs, string Model, string Backend, string Device);

/// <param name="Tokens">Ids, special ones included.</param>
/// <param name="Label">The likeliest class.</param>
/// <param name="Logits">In the order of the labels.</param>
/// <param name="Probabilities">Softmax over the classes.</param>
internal sealed record ClassifiedInput(IReadOnlyList<int> Tokens, string Label, IReadOnlyList<float> Logits, IReadOnlyList<double> Probabilities);
