using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using Engine.Chat;
using Engine.Constraints;
using Engine.Generation;
using Microsoft.Extensions.Logging;

namespace Engine.Serving;

/// <summary>An <see cref="IModel"/> over a backend's loaded weights: checks, queues, computes and returns the results of the three verbs, the same for
/// every backend.</summary>
/// <remarks>
/// Generations run side by side in one batch, whose <see cref="Scheduler"/> gives them turns. What must be exact or needs a context to itself
/// runs on the <see cref="PassLane"/>, one request after the other: <see cref="Numerics.Strict"/>, scores, embeddings, activations, and the
/// generations of encoder–decoders.
/// <para>A seed gives the same tokens again for a generation that runs alone, for a strict one, and with <see cref="ModelOptions.Exact"/>
/// whatever runs beside it. Otherwise a neighbour in the batch changes the last digits of the logits, and occasionally a token.</para>
/// </remarks>
public sealed class ServedModel : IModel
{
    private const long StepLogitsBytes = 64L << 20; // of logits that may wait for a slow reader of a generation
    private const int TokensAhead = 1024;           // tokens that may wait for one
    private const int ScoreBlocksAhead = 2;
    private const int ReservedCells = 64;           // that a generation should find free, beyond those of its prompt

    private readonly ILoadedModel _model;
    private readonly TimeProvider _time;
    private readonly PromptReader _prompts;
    private readonly SamplingNotices _notices;
    private readonly ConstraintCompiler _constraints;
    private readonly Admission _admission;
    private readonly Scheduler? _scheduler;
    private readonly PassLane _lane;
    private readonly Lazy<Task> _disposal;
    private volatile NativeFailureException? _failure;

    /// <summary>Serves a model.</summary>
    /// <param name="model">The model, which this object now owns.</param>
    /// <param name="options">How requests share it.</param>
    /// <param name="logger">Receives warnings about prompts, and what the file says of sampling.</param>
    /// <param name="time">Times the tokens; null for the system's clock.</param>
    /// <exception cref="ConfigurationException">The options do not fit the model, or do not name a chat template. In this case the model is disposed.</exception>
    public ServedModel(ILoadedModel model, ServingOptions options, ILogger? logger = null, TimeProvider? time = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(options);
        (_model, _time, Tokenizer) = (model, time ?? TimeProvider.System, model.Tokenizer);
        Card = WithTemplate(model, options);
        if (options.CacheTokens > 0 && options.CacheTokens < Card.ContextLength)
        {
            model.Dispose();
            throw new ConfigurationException(
                $"Loading {Card.Name}: expected CacheTokens to be at least the context length of {Card.ContextLength}, found {options.CacheTokens}. Raise CacheTokens, or lower ContextLength.");
        }
        _prompts = new PromptReader(Tokenizer, Card, logger);
        _constraints = new ConstraintCompiler(Tokenizer, Card.Name);
        _notices = new SamplingNotices(Card, model.Notices, logger);
        _admission = new Admission(Card.Name, options.Slots, options.Queue, _time);
        _disposal = new Lazy<Task>(CloseAsync);
        Counters = new ServingCounters(options.Name ?? Card.Name);
        _scheduler = model.HasBatch ? new Scheduler(model, options, Counters, _time) { MakeRoom = () => _lane!.Line.Yield() } : null;
        _lane = new PassLane(model, options.Patience, options.ThreadBegins) { MakeRoom = () => _scheduler?.Line.Yield() };
        model.OnFailure(Fail);
        if (Card.ContextLength > Card.TrainedContextLength)
        {
            logger?.BeyondTraining(Card.Name, Card.TrainedContextLength, Card.ContextLength);
        }
    }

    /// <inheritdoc/>
    public ModelCard Card { get; }

    /// <inheritdoc/>
    public ITokenizer Tokenizer { get; }

    /// <summary>What happens in the batch.</summary>
    public ServingCounters Counters { get; }

    /// <inheritdoc/>
    public async IAsyncEnumerable<ScoreBlock> ScoreAsync(ScoreRequest request, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        RequestRules.Check(request, Card);
        int[]? source = request.Source is null ? null : await _prompts.ReadAsync(request.Source, cancellationToken).ConfigureAwait(false);
        int[] tokens = Card.DecoderStartToken is { } start
            ? await _prompts.ReadTargetAsync(request.Tokens, start, cancellationToken).ConfigureAwait(false)
            : await _prompts.ReadAsync(request.Tokens, cancellationToken).ConfigureAwait(false);
        _ = new ScoreBlocks(request, tokens, Card.VocabularySize, static _ => { }); // refuses positions before the request queues
        var input = new PassInput(tokens) { Source = source, Activations = [.. request.Activations.Distinct(StringComparer.Ordinal)], Replay = request.Replay };
        var kind = new PassKind(request.Numerics, Taps: input.Taps, Arithmetic: request.Arithmetic);
        var ticket = new Ticket<ScoreBlock>(cancellationToken);
        await foreach (ScoreBlock block in RunAsync(ticket, () => _lane.Line.Add(new LonePassJob(kind, ticket, Score)), request.Deadline, cancellationToken).ConfigureAwait(false))
        {
            yield return block;
        }

        void Score(IPass pass)
        {
            var blocks = new ScoreBlocks(request, tokens, Card.VocabularySize, block =>
            {
                // Blocks held back for the activations are in memory anyway; limiting them would only block the lane.
                if (input.Activations.Count == 0)
                {
                    _lane.WaitForReader(ticket, ScoreBlocksAhead);
                }
                ticket.Deliver(block);
            });
            var rows = new FiniteRows((_, row) => blocks.Add(row), input.Taps);
            blocks.Finish(rows.Finish(pass.Score(input, blocks.First, blocks.Count, rows.Add, ticket.Stopping)));
        }
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<GeneratedToken> GenerateAsync(GenerateRequest request, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        RequestRules.Check(request, Card);
        int[] prompt = await _prompts.ReadAsync(request.Prompt, cancellationToken).ConfigureAwait(false);
        if ((request.Stop.Count > 0 || request.Constraint is not null) && !Card.HasVocabulary)
        {
            throw new UnsupportedRequestException(
                $"Generating with {Card.Name}: {(request.Stop.Count > 0 ? "stop texts need" : "a constraint needs")} a vocabulary, and the file has none. Send the request without {(request.Stop.Count > 0 ? "them" : "it")}.");
        }
        // Compiled before the request queues, so that an invalid constraint is refused at once.
        (IConstraint, int[])? constraint = request.Constraint is { } asked && request.MaxTokens != 0 ? (_constraints.Begin(asked), _constraints.Ends) : null;
        _notices.Say(request.Sampling);
        var ticket = new Ticket<GeneratedToken>(cancellationToken);
        int unread = request.Logits == StepLogits.Full ? (int)Math.Max(4, StepLogitsBytes / (sizeof(float) * (long)Card.VocabularySize)) : TokensAhead;
        await foreach (GeneratedToken token in RunAsync(ticket, Start, request.Deadline, cancellationToken).ConfigureAwait(false))
        {
            yield return token;
        }

        void Start()
        {
            if (_scheduler is { } scheduler && request is { Numerics: Numerics.Production, Arithmetic: Arithmetic.Exact })
            {
                int reserve = Math.Min(ReservedCells, Math.Max(0, Math.Min(request.MaxTokens ?? ReservedCells, Card.ContextLength - prompt.Length)));
                scheduler.Line.Add(new BatchedGeneration(ticket, prompt, Begin, unread, reserve));
            }
            else
            {
                _lane.Line.Add(new LonePassJob(new PassKind(request.Numerics, Arithmetic: request.Arithmetic), ticket, Generate));
            }
        }

        Continuation Begin() => new(
            Tokenizer, Card.HasVocabulary, Card, prompt, request, request.Sampling.Seed ?? BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(sizeof(ulong))), constraint);

        void Generate(IPass pass)
        {
            long start = _time.GetTimestamp();
            Continuation continuation = Begin();
            if (continuation.IsFinished)
            {
                return;
            }
            pass.Begin(continuation.Source, ticket.Stopping);
            while (!continuation.IsFinished)
            {
                ReadOnlySpan<float> logits = pass.Continue(continuation.Pending, ticket.Stopping);
                ticket.Stopping.ThrowIfCancellationRequested();
                GeneratedToken token = continuation.Accept(logits);
                _lane.WaitForReader(ticket, unread);
                ticket.Deliver(token with { Elapsed = _time.GetElapsedTime(start) });
            }
        }
    }

    /// <inheritdoc/>
    public async ValueTask<Embeddings> EmbedAsync(EmbedRequest request, CancellationToken cancellationToken = default)
    {
        RequestRules.Check(request, Card);
        var inputs = new List<PassInput>(request.Inputs.Count);
        foreach (Prompt input in request.Inputs)
        {
            int[] tokens = await _prompts.ReadAsync(input, cancellationToken).ConfigureAwait(false);
            inputs.Add(new PassInput(tokens) { Segments = _prompts.ReadSegments(input), Activations = request.Activations, Replay = request.Replay });
        }
        var kind = new PassKind(request.Numerics, Embeds: true, Taps: inputs[0].Taps, Arithmetic: request.Arithmetic);
        var ticket = new Ticket<Embeddings>(cancellationToken);
        Embeddings? answer = null;
        await foreach (Embeddings embeddings in RunAsync(ticket, () => _lane.Line.Add(new EmbedJob(kind, ticket, request, inputs)), request.Deadline, cancellationToken).ConfigureAwait(false))
        {
            answer = embeddings;
        }
        return answer ?? throw new InvalidOperationException("A request for embeddings ended without any.");
    }

    /// <summary>Ends the requests in flight with <see cref="ObjectDisposedException"/>, then frees the batch and the passes, each on its own
    /// thread, then the model.</summary>
    public ValueTask DisposeAsync() => new(_disposal.Value);

    /// <summary>Admits a request, starts it, and reads its results. A reader that stops early stops the work and frees its place.</summary>
    private async IAsyncEnumerable<T> RunAsync<T>(Ticket<T> ticket, Action start, TimeSpan? deadline, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using Admission.Place place = _admission.Enter();
        await using var cancellation = cancellationToken.UnsafeRegister(_ => Stop(ticket, null), null).ConfigureAwait(false);
        using ITimer? timer = deadline is not { } time ? null : _time.CreateTimer(
            _ => Stop(ticket, new DeadlineExceededException(Card.Name, time)), null, time, Timeout.InfiniteTimeSpan);
        start();
        try
        {
            while (await ticket.Results.WaitToReadAsync(cancellationToken).ConfigureAwait(false))
            {
                while (ticket.Results.TryRead(out T? result))
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    ticket.Taken();
                    yield return result;
                }
            }
        }
        finally
        {
            Stop(ticket, null);
        }
    }

    private static ModelCard WithTemplate(ILoadedModel model, ServingOptions options)
    {
        if (string.IsNullOrWhiteSpace(options.ChatTemplate))
        {
            return model.Card;
        }
        try
        {
            var templates = new Dictionary<string, string>(model.Card.ChatTemplates) { [ModelCard.DefaultChatTemplate] = NamedTemplates.Read(options.ChatTemplate) };
            return model.Card with { ChatTemplates = templates };
        }
        catch (ConfigurationException)
        {
            model.Dispose();
            throw;
        }
    }

    private void Stop(Ticket ticket, Exception? reason)
    {
        if (!ticket.IsStopped)
        {
            ticket.Stop(reason);
            _scheduler?.Line.Wake();
            _lane.Line.Wake();
        }
    }

    private async Task CloseAsync()
    {
        var reason = new ObjectDisposedException(nameof(IModel), $"The model {Card.Name} is disposed.");
        _scheduler?.Line.Close(reason);
        _lane.Line.Close(reason);
        await Task.WhenAll(_lane.Line.Ended, _scheduler?.Line.Ended ?? Task.CompletedTask).ConfigureAwait(false);
        Counters.Retire();
        // After a failure a thread is parked inside the library, using the model's memory, so nothing is freed.
        if (_failure is null)
        {
            _model.Dispose();
        }
    }

    /// <summary>Called on the thread on which native code has failed, which will never return.</summary>
    private void Fail(NativeFailureException failure)
    {
        if (Interlocked.CompareExchange(ref _failure, failure, null) is null)
        {
            _scheduler?.Line.Abandon(failure);
            _lane.Line.Abandon(failure);
            Counters.Clear();
        }
    }
}
