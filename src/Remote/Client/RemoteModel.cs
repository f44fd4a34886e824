using System.Runtime.CompilerServices;
using Engine.Generation;
using Engine.Remote.Protocol;
using Grpc.Core;

namespace Engine.Remote.Client;

/// <summary>A model that another engine runs: its verbs are remote calls; its card and vocabulary are kept here.</summary>
internal sealed class RemoteModel : IModel
{
    private readonly RemoteConnection _connection;
    private readonly CancellationTokenSource _disposal = new();
    private readonly SemaphoreSlim _describing = new(1);
    private readonly CancellationToken _disposed;
    private readonly string _name;
    private volatile Loading? _loading;

    private RemoteModel(RemoteConnection connection, string name) => (_connection, _name, _disposed) = (connection, name, _disposal.Token);

    public ModelCard Card => Current.Card;

    public ITokenizer Tokenizer => Current.Tokenizer;

    private Loading Current => _loading ?? throw new InvalidOperationException("The model is described when it is connected.");

    /// <summary>Reads what a model is.</summary>
    /// <param name="connection">Owned from now on, even if this throws.</param>
    /// <param name="name">The model's name there; empty for the default one.</param>
    /// <param name="cancellationToken">Cancels it.</param>
    /// <exception cref="ModelUnavailableException">Nothing answers, or not as an engine does.</exception>
    /// <exception cref="ConfigurationException">The key or the certificate is refused, or there is no such model.</exception>
    public static async Task<RemoteModel> ConnectAsync(RemoteConnection connection, string name, CancellationToken cancellationToken)
    {
        var model = new RemoteModel(connection, name);
        try
        {
            using var call = new RunningCall(connection, name, null, model._disposed, cancellationToken);
            try
            {
                model._loading = await model.DescribeAsync(null, call).ConfigureAwait(false);
                connection.HasAnswered = true;
            }
            catch (Exception e)
            {
                throw call.Translate(e);
            }
            return model;
        }
        catch
        {
            await model.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    public async IAsyncEnumerable<ScoreBlock> ScoreAsync(ScoreRequest request, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        using RunningCall call = Begin(request.Deadline, cancellationToken);
        var reader = new AnswerAssembler(Card, request.BlockRows, 0);
        call.Activations = reader.Activations;
        await foreach (AnswerPart part in RunAsync(call, (reference, options) => AnswerCalls.Score(_connection.Invoker, Calls.Of(request, reference), options), reader).ConfigureAwait(false))
        {
            if (Read(call, reader, part) is ScoreBlock block)
            {
                yield return block;
            }
        }
        RequireEnd(call, reader);
    }

    public async IAsyncEnumerable<GeneratedToken> GenerateAsync(GenerateRequest request, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        using RunningCall call = Begin(request.Deadline, cancellationToken);
        await foreach (TokenPart part in RunAsync(call, (reference, options) => _connection.Calls.Generate(Calls.Of(request, reference), options)).ConfigureAwait(false))
        {
            GeneratedToken token;
            try
            {
                token = Read(part);
            }
            catch (ProtocolFault fault)
            {
                throw call.Translate(fault);
            }
            yield return token;
        }
    }

    public async ValueTask<Embeddings> EmbedAsync(EmbedRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        using RunningCall call = Begin(request.Deadline, cancellationToken);
        var reader = new AnswerAssembler(Card, 0, Math.Max(Card.EmbeddingLength, Card.Classes));
        call.Activations = reader.Activations;
        Embeddings? answer = null;
        await foreach (AnswerPart part in RunAsync(call, (reference, options) => AnswerCalls.Embed(_connection.Invoker, Calls.Of(request, reference), options), reader).ConfigureAwait(false))
        {
            answer = Read(call, reader, part) as Embeddings ?? answer;
        }
        RequireEnd(call, reader);
        return answer ?? throw call.Translate(new ProtocolFault("embeddings", "an answer without any"));
    }

    public async ValueTask DisposeAsync()
    {
        await _disposal.CancelAsync().ConfigureAwait(false);
        _connection.Dispose();
    }

    private RunningCall Begin(TimeSpan? deadline, CancellationToken cancellationToken) => new(_connection, Current.Card.Name, deadline, _disposed, cancellationToken);

    private async Task<IReadOnlyList<int>> SplitAsync(string text, bool addSpecial, bool parseSpecial)
    {
        using RunningCall call = Begin(null, CancellationToken.None);
        for (bool again = true; ; again = false)
        {
            Loading loading = Current;
            try
            {
                var request = new EncodeCall { Model = loading.Reference, Text = text, AddSpecial = addSpecial, ParseSpecial = parseSpecial };
                return await _connection.Calls.EncodeAsync(request, call.Options).ConfigureAwait(false) is { } answer ? [.. answer.Ids] : [];
            }
            catch (RpcException e) when (again && Failures.Of(e) is { Kind: Failures.Changed })
            {
                await RenewAsync(loading, call).ConfigureAwait(false);
            }
            catch (Exception e)
            {
                throw call.Translate(e);
            }
        }
    }

    /// <summary>The parts of an answer. If the model was reloaded, its description is read again and the request repeated.</summary>
    private async IAsyncEnumerable<TPart> RunAsync<TPart>(RunningCall call, Func<ModelReference, CallOptions, AsyncServerStreamingCall<TPart>> send, AnswerAssembler? reader = null)
    {
        for (bool again = true; ; again = false)
        {
            Loading loading = Current;
            using AsyncServerStreamingCall<TPart> parts = send(loading.Reference, call.Options);
            while (true)
            {
                try
                {
                    if (reader is not null)
                    {
                        AnswerCalls.LandIn(reader);
                    }
                    if (!await parts.ResponseStream.MoveNext(CancellationToken.None).ConfigureAwait(false))
                    {
                        yield break;
                    }
                    call.ThrowIfEnded();
                }
                catch (RpcException e) when (again && Failures.Of(e) is { Kind: Failures.Changed })
                {
                    break;
                }
                catch (Exception e)
                {
                    throw call.Translate(e);
                }
                yield return parts.ResponseStream.Current;
            }
            await RenewAsync(loading, call).ConfigureAwait(false);
        }
    }

    /// <summary>Reads the description of a reloaded model, unless another request has already done so.</summary>
    /// <exception cref="ModelUnavailableException">It is another model now.</exception>
    private async Task RenewAsync(Loading old, RunningCall call)
    {
        try
        {
            await _describing.WaitAsync(call.Token).ConfigureAwait(false);
            try
            {
                if (_loading == old)
                {
                    _loading = await DescribeAsync(old, call).ConfigureAwait(false);
                }
            }
            finally
            {
                _describing.Release();
            }
        }
        catch (Exception e)
        {
            throw call.Translate(e);
        }
        if (!Current.Vocabulary.Span.SequenceEqual(old.Vocabulary.Span))
        {
            throw new ModelUnavailableException(
                $"Asking {_connection.Address}: expected {old.Card.Name} with the vocabulary it had, found {Current.Card.Name} with another. It is used from now on: send the request again, split by the new vocabulary.");
        }
    }

    private async Task<Loading> DescribeAsync(Loading? old, RunningCall call)
    {
        Description description = await _connection.Calls.DescribeAsync(new DescribeCall { Version = ProtocolFault.Version, Model = _name }, call.Options).ConfigureAwait(false);
        if (description.Version != ProtocolFault.Version)
        {
            throw new ModelUnavailableException(
                $"Connecting to {_connection.Address}: expected an engine that speaks version {ProtocolFault.Version} of the protocol, found one that speaks version {description.Version}. Run the same version of the engine on both sides.");
        }
        ModelCard card = CardJson.Read(description.Card);
        var reference = new ModelReference { Name = _name, Instance = description.Instance };
        ITokenizer tokenizer = old is not null && old.Vocabulary.Equals(description.Vocabulary) && old.Card.VocabularySize == card.VocabularySize
            ? old.Tokenizer
            : card.HasVocabulary ? new RemoteTokenizer(await ReadVocabularyAsync(reference, card, call).ConfigureAwait(false), description, SplitAsync)
            : new NoVocabulary(card.Name, card.VocabularySize);
        return new Loading(reference, card, tokenizer, description.Vocabulary);
    }

    private async Task<RemoteVocabulary> ReadVocabularyAsync(ModelReference reference, ModelCard card, RunningCall call)
    {
        var vocabulary = new RemoteVocabulary();
        using AsyncServerStreamingCall<VocabularyPart> parts = _connection.Calls.ReadVocabulary(new VocabularyCall { Model = reference }, call.Options);
        while (await parts.ResponseStream.MoveNext(CancellationToken.None).ConfigureAwait(false))
        {
            vocabulary.Add(parts.ResponseStream.Current, card.VocabularySize);
        }
        return vocabulary.Count == card.VocabularySize ? vocabulary : throw new ProtocolFault($"a vocabulary of {card.VocabularySize} tokens", $"{vocabulary.Count}");
    }

    private GeneratedToken Read(TokenPart part)
    {
        GeneratedToken token = Answers.Of(part);
        int v = Card.VocabularySize;
        return (uint)token.Token < (uint)v && (token.Logits is null || token.Logits.Length == v)
            ? token
            : throw new ProtocolFault($"a token of a vocabulary of {v}", $"{token.Token}{(token.Logits is { } logits ? $" with {logits.Length} logits" : "")}");
    }

    private static object? Read(RunningCall call, AnswerAssembler reader, AnswerPart part)
    {
        try
        {
            return reader.Add(part);
        }
        catch (ProtocolFault fault)
        {
            throw call.Translate(fault);
        }
    }

    private static void RequireEnd(RunningCall call, AnswerAssembler reader)
    {
        if (reader.IsIncomplete)
        {
            throw call.Translate(new ProtocolFault("an answer to its end", "one that was cut off"));
        }
    }

    /// <summary>The description of one loading of the model.</summary>
    private sealed record Loading(ModelReference Reference, ModelCard Card, ITokenizer Tokenizer, Google.Protobuf.ByteString Vocabulary);
}
