using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using Engine.Sampling;
using Microsoft.Extensions.Logging;

namespace Engine.Generation;

/// <summary>An <see cref="IModel"/> over a backend's loaded weights: what the three verbs check, queue, compute and hand
/// out, the same for every backend.</summary>
internal sealed class SessionModel : IModel
{
    private const long StepLogitsBytes = 64L << 20; // logits that may wait for a slow reader of a generation
    private const int ScoreBlocksAhead = 2;

    private readonly SessionSlots _slots;
    private readonly PromptReader _prompts;
    private readonly SamplingNotices _notices;
    private readonly TimeProvider _time;

    /// <param name="model">Owned from now on.</param>
    /// <param name="slots">Requests that run at the same time, each on an owner thread of its own.</param>
    /// <param name="patience">How long a reader that takes nothing may keep a slot that others wait for.</param>
    /// <param name="logger">Receives warnings about prompts, and what the file says of sampling.</param>
    /// <param name="time">Times the tokens; null for the system's clock.</param>
    public SessionModel(ILoadedModel model, int slots, TimeSpan? patience = null, ILogger? logger = null, TimeProvider? time = null)
    {
        Card = model.Card;
        _time = time ?? TimeProvider.System;
        Tokenizer = model.Tokenizer;
        _slots = new SessionSlots(model, slots, patience);
        _prompts = new PromptReader(Tokenizer, Card, logger);
        _notices = new SamplingNotices(Card, model.Notices, logger);
        if (Card.ContextLength > Card.TrainedContextLength)
        {
            logger?.Log(LogLevel.Warning, PromptReader.BeyondTraining,
                "{Model} was trained for {Trained} tokens, and its context is of {Context}: what comes after {Trained} tokens may make no sense.", Card.Name, Card.TrainedContextLength, Card.ContextLength, Card.TrainedContextLength);
        }
    }

    /// <inheritdoc/>
    public ModelCard Card { get; }

    /// <inheritdoc/>
    public ITokenizer Tokenizer { get; }

    /// <inheritdoc/>
    public async IAsyncEnumerable<ScoreBlock> ScoreAsync(ScoreRequest request, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        RequestRules.Check(request, Card);
        int[]? source = request.Source is null ? null : await _prompts.ReadAsync(request.Source, cancellationToken).ConfigureAwait(false);
        int[] tokens = Card.DecoderStartToken is { } start
            ? await _prompts.ReadTargetAsync(request.Tokens, start, cancellationToken).ConfigureAwait(false)
            : await _prompts.ReadAsync(request.Tokens, cancellationToken).ConfigureAwait(false);
        _ = new ScoreBlocks(request, tokens, Card.VocabularySize, static _ => { }); // refuses positions before the request queues
        var evaluation = new Evaluation(tokens) { Source = source, Activations = [.. request.Activations.Distinct(StringComparer.Ordinal)], Replay = request.Replay };
        var kind = new SessionKind(request.Numerics, Taps: evaluation.Taps, Arithmetic: request.Arithmetic);
        // What has to wait for the activations is in memory anyway; bounding it would only hold the slot.
        int? buffer = evaluation.Activations.Count > 0 ? null : ScoreBlocksAhead;
        await foreach (var block in _slots.RunAsync<ScoreBlock>(kind, buffer, Score, cancellationToken).ConfigureAwait(false))
        {
            yield return block;
        }

        void Score(ISession session, Job<ScoreBlock> job)
        {
            var blocks = new ScoreBlocks(request, tokens, Card.VocabularySize, job.Emit);
            var rows = new FiniteRows((_, row) => blocks.Add(row), evaluation.Taps);
            blocks.Finish(rows.Finish(session.Score(evaluation, blocks.First, blocks.Count, rows.Add, job.Stopping)));
        }
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<GeneratedToken> GenerateAsync(GenerateRequest request, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        RequestRules.Check(request, Card);
        int[] prompt = await _prompts.ReadAsync(request.Prompt, cancellationToken).ConfigureAwait(false);
        if (request.Stop.Count > 0 && !Card.HasVocabulary)
        {
            throw new UnsupportedRequestException(
                $"Generating with {Card.Name}: stop texts need a vocabulary, and the file has none. Send the request without them.");
        }
        _notices.Say(request.Sampling);
        ulong seed = request.Sampling.Seed ?? BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(sizeof(ulong)));
        // Tokens alone are few and small, so a slow reader never holds the slot; rows of logits are not.
        int? buffer = request.Logits == StepLogits.Full ? (int)Math.Max(4, StepLogitsBytes / (sizeof(float) * (long)Card.VocabularySize)) : null;
        var tokens = _slots.RunAsync<GeneratedToken>(new SessionKind(request.Numerics, Arithmetic: request.Arithmetic), buffer, Generate, cancellationToken);
        await foreach (var token in tokens.ConfigureAwait(false))
        {
            yield return token;
        }

        // Made when the request's turn has come: the sampler's buffers are as long as the vocabulary.
        void Generate(ISession session, Job<GeneratedToken> job)
        {
            long start = _time.GetTimestamp();
            var continuation = new Continuation(Tokenizer, Card.HasVocabulary, Card, prompt, request, seed);
            if (continuation.IsFinished)
            {
                return;
            }
            if (continuation.Source is { } source)
            {
                session.Encode(source, job.Stopping);
            }
            else
            {
                session.Clear();
            }
            while (!continuation.IsFinished)
            {
                var logits = session.Decode(continuation.Pending, job.Stopping);
                job.Stopping.ThrowIfCancellationRequested();
                GeneratedToken token = continuation.Accept(logits);
                job.Emit(token with { Elapsed = _time.GetElapsedTime(start) });
            }
        }
    }

    /// <inheritdoc/>
    public async ValueTask<Embeddings> EmbedAsync(EmbedRequest request, CancellationToken cancellationToken = default)
    {
        RequestRules.Check(request, Card);
        var inputs = new List<Evaluation>(request.Inputs.Count);
        foreach (var input in request.Inputs)
        {
            int[] tokens = await _prompts.ReadAsync(input, cancellationToken).ConfigureAwait(false);
            inputs.Add(new Evaluation(tokens) { Segments = _prompts.ReadSegments(input), Activations = request.Activations, Replay = request.Replay });
        }
        var rows = new List<float[]>();
        IReadOnlyList<Activation> activations = [];
        var kind = new SessionKind(request.Numerics, Embeds: true, Taps: inputs[0].Taps, Arithmetic: request.Arithmetic);
        await foreach (float[] row in _slots.RunAsync<float[]>(kind, null, Embed, cancellationToken).ConfigureAwait(false))
        {
            rows.Add(row);
        }
        return new Embeddings(rows, [.. inputs.Select(input => input.Tokens.Length)], request.Pooling, rows[0].Length) { Activations = activations };

        void Embed(ISession session, Job<float[]> job)
        {
            foreach (Evaluation input in inputs)
            {
                var finite = new FiniteRows((_, row) => job.Emit(Vector(row, request.Normalize)), input.Taps);
                activations = finite.Finish(session.Embed(input, request.Pooling, finite.Add, job.Stopping));
            }
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _slots.DisposeAsync();

    private static float[] Vector(ReadOnlySpan<float> row, bool normalize)
    {
        LogitRow.RequireFinite(row);
        float[] vector = row.ToArray();
        double squares = 0;
        foreach (float value in vector)
        {
            squares += (double)value * value;
        }
        if (normalize && squares > 0)
        {
            double scale = 1 / Math.Sqrt(squares);
            for (int i = 0; i < vector.Length; i++)
            {
                vector[i] = (float)(vector[i] * scale);
            }
        }
        return vector;
    }
}
