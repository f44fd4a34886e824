using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace Engine.Chat;

/// <summary>A model as an <see cref="IChatClient"/>: the model's chat template turns conversations into prompts, and what the model generates becomes the
/// assistant's message. Safe to call from many threads at once.</summary>
/// <remarks>
/// A null value in <see cref="ChatOptions"/> is taken from the model's file, and otherwise from <see cref="SamplingOptions.Default"/>, as in a
/// <see cref="GenerateRequest"/>. <see cref="ChatOptions.RawRepresentationFactory"/> may return a <see cref="GenerateRequest"/> whose further
/// settings (min-p, biases, a deadline, …) are used as well, but not its prompt. The model sees the functions among the tools, and its calls are
/// <see cref="FunctionCallContent"/>. A <see cref="Constraint"/> guarantees a required call and an answer in JSON. Unsupported options that would change
/// the answer are refused with <see cref="UnsupportedRequestException"/>; <see cref="ChatOptions.AdditionalProperties"/> are ignored.
/// <para>No history is kept: each request contains the whole conversation. Errors are the contract's (<see cref="EngineException"/>).
/// The model belongs to whoever created it, and outlives the client.</para>
/// </remarks>
public sealed class ModelChatClient : IChatClient
{
    private readonly ClientModel _model;
    private readonly TimeProvider _clock;

    /// <summary>A client of a loaded model.</summary>
    /// <param name="model">The model; it is not disposed with the client.</param>
    /// <param name="clock">Dates the answers; null for the system's.</param>
    public ModelChatClient(IModel model, TimeProvider? clock = null)
        : this(new ClientModel(model ?? throw new ArgumentNullException(nameof(model))), clock)
    {
    }

    internal ModelChatClient(ClientModel model, TimeProvider? clock = null) => (_model, _clock) = (model, clock ?? TimeProvider.System);

    /// <inheritdoc/>
    /// <exception cref="EngineException">One of the typed errors of the contract.</exception>
    /// <exception cref="ChatTemplateException">The template refuses the conversation.</exception>
    public Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        GetStreamingResponseAsync(messages, options, cancellationToken).ToChatResponseAsync(cancellationToken);

    /// <inheritdoc/>
    /// <exception cref="EngineException">One of the typed errors of the contract.</exception>
    /// <exception cref="ChatTemplateException">The template refuses the conversation.</exception>
    public IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(messages);
        return AnswerAsync(messages, options, cancellationToken);
    }

    /// <inheritdoc/>
    /// <remarks>The services are <see cref="ChatClientMetadata"/>, <see cref="IModel"/> and, once the model is loaded, <see cref="ITokenizer"/>.</remarks>
    public object? GetService(Type serviceType, object? serviceKey = null) =>
        _model.Find(serviceType, serviceKey, this, () => new ChatClientMetadata(ClientModel.Provider, defaultModelId: _model.Id));

    /// <summary>Does nothing, because the model belongs to whoever created it.</summary>
    public void Dispose()
    {
    }

    private async IAsyncEnumerable<ChatResponseUpdate> AnswerAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        IModel model = await _model.LeaseAsync(cancellationToken).ConfigureAwait(false);
        await using ConfiguredAsyncDisposable lease = model.ConfigureAwait(false);
        var asked = ChatTranslation.Read(this, _model, model, messages, options, cancellationToken);
        // All updates belong to one message, because function-calling clients group them by id.
        string id = Guid.NewGuid().ToString("N");
        DateTimeOffset created = _clock.GetUtcNow();
        GeneratedToken? last = null;
        await foreach (GeneratedToken token in model.GenerateAsync(asked.Request, cancellationToken).ConfigureAwait(false))
        {
            last = token;
            List<AIContent> contents = asked.Read(token);
            if (contents.Count > 0 && token.FinishReason is null)
            {
                yield return Update(contents, token);
            }
            else if (token.FinishReason is not null)
            {
                contents.Add(new UsageContent(Usage(token.PromptTokens, token.Index + 1, token.CachedTokens)));
                yield return Update(contents, token, asked.FinishReasonOf(token));
            }
        }
        if (last is null)
        {
            // No tokens were requested.
            int prompt = asked.Request.Prompt.ToTokens(model.Tokenizer).Count;
            yield return Update([new UsageContent(Usage(prompt, 0, 0))], null, ChatFinishReason.Length);
        }

        ChatResponseUpdate Update(List<AIContent> contents, GeneratedToken? token, ChatFinishReason? reason = null) => new(ChatRole.Assistant, contents)
        {
            MessageId = $"msg-{id}",
            ResponseId = $"chat-{id}",
            ModelId = _model.Id,
            CreatedAt = created,
            FinishReason = reason,
            RawRepresentation = token,
        };
    }

    private static UsageDetails Usage(int prompt, int answer, int cached) => new()
    {
        InputTokenCount = prompt,
        OutputTokenCount = answer,
        TotalTokenCount = (long)prompt + answer,
        CachedInputTokenCount = cached,
    };
}
