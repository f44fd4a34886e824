namespace Engine;

/// <summary>
/// One loaded model, whatever runs it: llama.cpp, the managed reference, or another machine.
/// Three verbs — score, generate, embed — cover decoder-only, encoder-only and encoder–decoder models.
/// </summary>
/// <remarks>
/// Safe to call from many threads at once. Requests and results are plain serializable data, so a model can live
/// in another process. What an architecture cannot do is refused with <see cref="UnsupportedRequestException"/>.
/// Disposing the model ends the requests in flight with <see cref="ObjectDisposedException"/>.
/// <para>Generations of one model run side by side. A seed gives the same tokens again for a generation that runs alone, for one with
/// <see cref="Numerics.Strict"/>, and, where the model was loaded with <see cref="ModelOptions.Exact"/>, for every one. Otherwise, what runs beside
/// a generation changes the last digits of its logits (on quantized weights by some percent of the largest), and occasionally a token.</para>
/// </remarks>
public interface IModel : IAsyncDisposable
{
    /// <summary>What is loaded: architecture, sizes, file type, device. A model from the container has it once it is loaded, when the host has
    /// started; before, this throws, while the verbs wait.</summary>
    /// <exception cref="InvalidOperationException">The model is not loaded yet: await <c>IModelRegistry.GetAsync</c>.</exception>
    ModelCard Card { get; }

    /// <summary>The model's own tokenizer, as this backend implements it; as <see cref="Card"/>, once the model is loaded.</summary>
    /// <exception cref="InvalidOperationException">The model is not loaded yet.</exception>
    ITokenizer Tokenizer { get; }

    /// <summary>Computes the logits of given tokens, without choosing any: rows in blocks.</summary>
    /// <param name="request">The tokens, the positions asked for, and the form of the answer.</param>
    /// <param name="cancellationToken">Takes effect during prefill too.</param>
    /// <returns>Blocks of rows in ascending position; a block holds at most <see cref="ScoreRequest.BlockRows"/> rows.</returns>
    /// <exception cref="EngineException">One of the typed errors of the contract.</exception>
    IAsyncEnumerable<ScoreBlock> ScoreAsync(ScoreRequest request, CancellationToken cancellationToken = default);

    /// <summary>Continues a prompt, one token at a time, until a stop condition holds.</summary>
    /// <param name="request">The prompt, the sampling settings and the stop conditions.</param>
    /// <param name="cancellationToken">Takes effect during prefill too.</param>
    /// <returns>The tokens as they are chosen. The last one carries a <see cref="FinishReason"/>.</returns>
    /// <exception cref="EngineException">One of the typed errors of the contract.</exception>
    IAsyncEnumerable<GeneratedToken> GenerateAsync(GenerateRequest request, CancellationToken cancellationToken = default);

    /// <summary>Turns inputs into vectors.</summary>
    /// <param name="request">The inputs and how token rows are pooled.</param>
    /// <param name="cancellationToken">Takes effect during prefill too.</param>
    /// <returns>Rows of length d: one per input, or one per token with <see cref="Pooling.None"/>.</returns>
    /// <exception cref="EngineException">One of the typed errors of the contract.</exception>
    ValueTask<Embeddings> EmbedAsync(EmbedRequest request, CancellationToken cancellationToken = default);
}
