using Engine;
using ReferenceModels.Training.Data;

namespace ReferenceModels.Training.Objectives;

/// <summary>What training minimizes: Σ share·loss over its terms, each a mean over what counts in a step; and how examples are made
/// for them. For your own loss, put an <see cref="ILoss"/> into your own objective, such as
/// <c>Objective.Causal with { Name = "mine", Terms = [new("mine", 1, new MyLoss())] }</c>.</summary>
public sealed record Objective
{
    /// <summary>Its name on the command line.</summary>
    public required string Name { get; init; }

    /// <summary>The losses and the share of each.</summary>
    public required IReadOnlyList<Term> Terms { get; init; }

    /// <summary>Makes examples from records.</summary>
    public required Func<IReadOnlyList<Record>, ExampleBuilder, IExamples> Examples { get; init; }

    /// <summary>The separate heads that the losses need; they are trained too, and created if the model has none.</summary>
    public HeadKinds Heads { get; init; }

    /// <summary>
    /// Causal language modelling, L_PT = −Σ log P(wᵢ | w₀ … wᵢ₋₁) (Radford et al. 2018, "Improving Language Understanding by Generative
    /// Pre-Training", equation 1; GPT-2 2019; Touvron et al. 2023, https://arxiv.org/abs/2302.13971), as a mean over the tokens. Texts are
    /// packed into windows; in a conversation only what the assistant says counts, in a pair only the target.
    /// </summary>
    public static Objective Causal { get; } = new()
    {
        Name = "causal",
        Terms = [new Term("language_model", 1, new NextToken())],
        Examples = CausalExamples.Read,
    };

    /// <summary>As <see cref="Causal"/>, but every text begins a new window.</summary>
    public static Objective CausalDocuments { get; } = Causal with { Name = "causal-documents", Examples = CausalExamples.ReadUnpacked };

    /// <summary>
    /// BERT's first task (Devlin et al. 2018, https://arxiv.org/abs/1810.04805, section 3.1): L = −Σ log P(wᵢ | masked text) over 15 % of the
    /// tokens, of which 80 % are replaced by [MASK], 10 % by a random token, and 10 % stay.
    /// </summary>
    public static Objective MaskedLanguageModel { get; } = new()
    {
        Name = "masked",
        Heads = HeadKinds.MaskedToken,
        Terms = [new Term("masked_token", 1, new MaskedToken())],
        Examples = (records, builder) => new MaskedExamples(new ListedExamples(records.SelectMany(builder.Windows)), builder),
    };

    /// <summary>
    /// BERT's pre-training (Devlin et al. 2018, section 3.1): the masked tokens' loss plus −log P(follows | both sentences), where half of
    /// the second sentences are the true ones and half come from elsewhere in the data.
    /// </summary>
    public static Objective Bert { get; } = new()
    {
        Name = "bert",
        Heads = HeadKinds.MaskedToken | HeadKinds.NextSentence,
        Terms = [new Term("masked_token", 1, new MaskedToken()), new Term("next_sentence", 1, new NextSentence())],
        Examples = (records, builder) => new MaskedExamples(new SentencePairs(records, builder), builder),
    };

    /// <summary>
    /// Sequence to sequence with teacher forcing, L = −Σ log P(yᵢ | x, y₀ … yᵢ₋₁) (Sutskever et al. 2014, https://arxiv.org/abs/1409.3215; Vaswani
    /// et al. 2017, https://arxiv.org/abs/1706.03762; Raffel et al. 2019, https://arxiv.org/abs/1910.10683), as a mean over the target's tokens.
    /// </summary>
    public static Objective SequenceToSequence { get; } = new()
    {
        Name = "seq2seq",
        Terms = [new Term("target", 1, new NextToken())],
        Examples = (records, builder) => new ListedExamples(records.Select(builder.SourceAndTarget)),
    };

    /// <summary>
    /// Classification, L_FT = −Σ log P(y | text): from [CLS] in BERT (Devlin et al. 2018, section 4.1), from the last token in GPT (Radford
    /// et al. 2018, equation 4).
    /// </summary>
    /// <param name="weights">One for each class, in the order of the labels; empty for 1 throughout.</param>
    public static Objective Classification(params float[] weights) => new()
    {
        Name = "classification",
        Heads = HeadKinds.Classification,
        Terms = [new Term("classification", 1, new Label(weights))],
        Examples = (records, builder) => new ListedExamples(records.Select(builder.Labelled)),
    };

    /// <summary>GPT's fine-tuning (Radford et al. 2018, equation 5): L = L_FT + λ·L_PT, classification and language modelling on the same
    /// texts.</summary>
    /// <param name="lambda">λ; 0.5 in the paper.</param>
    /// <param name="weights">The weights of the classes.</param>
    public static Objective Joint(float lambda = 0.5f, params float[] weights) => Classification(weights) with
    {
        Name = "joint",
        Terms = [.. Classification(weights).Terms, new Term("language_model", lambda, new NextToken())],
    };

    /// <summary>The objective with a name.</summary>
    /// <param name="name">One of <see cref="Names"/>.</param>
    /// <param name="lambda">λ of the joint loss.</param>
    /// <exception cref="InvalidRequestException">There is none with this name.</exception>
    public static Objective Of(string name, float lambda = 0.5f) => name switch
    {
        "causal" => Causal,
        "causal-documents" => CausalDocuments,
        "classification" => Classification(),
        "joint" => Joint(lambda),
        "masked" => MaskedLanguageModel,
        "bert" => Bert,
        "seq2seq" => SequenceToSequence,
        _ => throw new InvalidRequestException($"Choosing an objective: expected one of {string.Join(", ", Names)}, found '{name}'. Correct the name."),
    };

    /// <summary>The objectives that have a name.</summary>
    public static IReadOnlyList<string> Names { get; } = ["causal", "causal-documents", "classification", "joint", "masked", "bert", "seq2seq"];

    /// <summary>One loss of an objective.</summary>
    /// <param name="Name">Its name in logs.</param>
    /// <param name="Share">What it is multiplied by.</param>
    /// <param name="Loss">The loss.</param>
    public sealed record Term(string Name, float Share, ILoss Loss);
}
