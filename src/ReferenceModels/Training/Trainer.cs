using Engine;
using Engine.Gguf;
using ReferenceModels.Models;
using ReferenceModels.Ops;
using Engine.Tokenizers;
using ReferenceModels.Training.Adapters;
using ReferenceModels.Training.Data;
using ReferenceModels.Training.Objectives;
using ReferenceModels.Training.Optimization;

namespace ReferenceModels.Training;

/// <summary>Trains one model: <see cref="Run"/>, or step by step with <see cref="Advance"/>, then <see cref="Save"/>.</summary>
/// <remarks>Everything a step does is a function of the options and the step's number, and the order of sums does not depend on which
/// thread is first. Not safe to call from several threads at once.</remarks>
public sealed class Trainer : IDisposable
{
    private readonly TrainingOptions _options;
    private readonly GgufFile _file;
    private readonly TrainingData _data;
    private readonly Workers _workers;
    private readonly TrainedHeads? _heads;
    private readonly TrainedAdapter? _adapter;
    private readonly Learner _learner;
    private readonly AdamW _optimizer;
    private readonly LearningRate _rate;
    private int _saved = -1;

    /// <summary>Loads the model and reads the data.</summary>
    /// <exception cref="EngineException">The model, the data or an option is unusable; the message says which and why.</exception>
    public Trainer(TrainingOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Check();
        _options = options;
        _file = GgufFile.Open(options.Model);
        try
        {
            GgufPreflight.Check(_file);
            string architecture = _file.Metadata.RequireString(GgufKeys.Architecture);
            ITokenizer tokenizer = FileTokenizer.Read(_file.Metadata, architecture, TokenizerRule.Trained);
            INetwork network = Networks.Loader(architecture, _file.FileName)(_file, tokenizer.VocabularySize, options.LowRank is null);
            _adapter = options.LowRank is { } asked ? new TrainedAdapter(_file, network, asked, options.Seed) : null;
            Context = ContextOf(network.Sizes);
            _data = new TrainingData(options, _file.Metadata, tokenizer, Context);
            _heads = options.Objective.Heads == HeadKinds.None ? null
                : new TrainedHeads(options.Model, network, options.Objective.Heads, _data.Labels, options.Seed);
            Steps = options.Steps ?? (int)Math.Ceiling(options.Epochs * _data.Count / (options.Batch * options.Accumulate));
            // More threads than cores would only wait for one another.
            _workers = new Workers(ThreadCount.Of(options.Threads));
            _learner = new Learner(network, _heads, options.Objective, Context, _workers);
            _optimizer = new AdamW(_learner.Weights, options.Beta1, options.Beta2, options.Epsilon, options.WeightDecay);
            _rate = new LearningRate(options.LearningRate, options.Warmup, Steps, options.FinalLearningRate);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Steps completed.</summary>
    public int Step => Log.Steps.Count;

    /// <summary>Steps in the whole run.</summary>
    public int Steps { get; }

    /// <summary>The maximum number of tokens of an example.</summary>
    public int Context { get; }

    /// <summary>Examples in an epoch.</summary>
    public int Examples => _data.Count;

    /// <summary>Examples kept for validation.</summary>
    public int ValidationExamples => _data.KeptCount;

    /// <summary>Examples that were longer than the context and were truncated.</summary>
    public IReadOnlyList<ShortenedExample> Shortened => _data.Shortened;

    /// <summary>The chat template used for conversations if the model has none; it is written to the trained file. Null if none is needed.</summary>
    public string? AddedChatTemplate => _data.AddedTemplate;

    /// <summary>The classes, in the order of the classifier's outputs; empty if the data has none.</summary>
    public IReadOnlyList<string> Labels => _data.Labels;

    /// <summary>The number of trained parameters.</summary>
    public long Parameters => _learner.Weights.Sum(weight => (long)weight.Values!.Length);

    /// <summary>What was done so far; for a resumed run, from its beginning.</summary>
    public TrainingLog Log { get; } = new();

    /// <summary>Does the rest of the run, with validations and checkpoints.</summary>
    /// <param name="progress">Receives each step.</param>
    /// <param name="cancellationToken">Cancels the run; if the options name a checkpoint, it is written first.</param>
    /// <exception cref="OperationCanceledException">The run was cancelled.</exception>
    /// <exception cref="NonFiniteLogitsException">The loss has become NaN or infinite.</exception>
    public void Run(IProgress<TrainingStep>? progress = null, CancellationToken cancellationToken = default)
    {
        try
        {
            while (true)
            {
                cancellationToken.ThrowIfCancellationRequested();
                ValidateWhereDue(cancellationToken);
                if (Step == Steps || (Step > 0 && Step % _options.CheckpointEvery == 0))
                {
                    SaveCheckpoint();
                }
                if (Step == Steps)
                {
                    return;
                }
                TrainingStep step = Advance(cancellationToken);   // even without a receiver of progress
                Report(progress, step);
            }
        }
        catch (OperationCanceledException)
        {
            SaveCheckpoint();
            throw;
        }
    }

    // The receiver may fail, for example if the disk is full; that must not lose the completed steps.
    private void Report(IProgress<TrainingStep>? progress, TrainingStep step)
    {
        try
        {
            progress?.Report(step);
        }
        catch
        {
            SaveCheckpoint();
            throw;
        }
    }

    /// <summary>The examples of a step as the model sees them: ordered, masked and paired.</summary>
    /// <param name="step">From 1, whether completed or not.</param>
    public IReadOnlyList<Example> ExamplesOf(int step)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(step, 1);
        int visits = _options.Batch * _options.Accumulate;
        long first = (step - 1L) * visits;
        return [.. Enumerable.Range(0, visits).Select(i => _data.Visit(first + i))];
    }

    /// <summary>Does one step of the optimizer.</summary>
    /// <exception cref="OperationCanceledException">The step was not done; the trainer's state is unchanged.</exception>
    /// <exception cref="NonFiniteLogitsException">The loss has become NaN or infinite.</exception>
    public TrainingStep Advance(CancellationToken cancellationToken = default)
    {
        IReadOnlyList<Example> examples = ExamplesOf(Step + 1);
        int visits = examples.Count;
        long first = (long)Step * visits;
        double[] totals = _learner.Weigh(examples), sums = new double[totals.Length];
        foreach (Weights.Weight weight in _learner.Weights)
        {
            Array.Clear(weight.Gradient!);
        }
        for (int start = 0; start < visits; start += _options.Batch)
        {
            long visit = first + start;
            double[] batch = _learner.Learn([.. examples.Skip(start).Take(_options.Batch)], totals, i => DropoutOf(visit + i), cancellationToken);
            for (int i = 0; i < sums.Length; i++)
            {
                sums[i] += batch[i];
            }
        }
        double loss = _learner.Loss(sums, totals), norm = GradientNorm.Of(_learner.Weights, _workers);
        if (!double.IsFinite(loss) || !double.IsFinite(norm))
        {
            throw new NonFiniteLogitsException(FormattableString.Invariant(
                $"Training, step {Step + 1}: expected finite numbers, found a loss of {loss} and gradients of norm {norm}. Lower the learning rate or warm up longer."));
        }
        float rate = _rate.At(Step);
        _optimizer.Step(Step + 1, rate, GradientNorm.Scale(norm, _options.Clip), _workers);
        var step = new TrainingStep(
            Step + 1, loss, [.. sums.Select((sum, i) => Learner.Mean(sum, totals[i]))], rate, norm, examples.Sum(example => (long)example.Length));
        Log.Add(step);
        return step;
    }

    /// <summary>The loss on the examples kept for validation; null if there are none.</summary>
    public Validation? Validate(CancellationToken cancellationToken = default)
    {
        if (_data.KeptCount == 0)
        {
            return null;
        }
        double[] totals = _learner.Weigh(_data.Kept), sums = _learner.Evaluate(_data.Kept, cancellationToken);
        return new Validation(Step, _learner.Loss(sums, totals), [.. sums.Select((sum, i) => Learner.Mean(sum, totals[i]))]);
    }

    /// <summary>Continues from a checkpoint of a run with equal options.</summary>
    /// <exception cref="EngineException">The file is not a checkpoint, or belongs to another run.</exception>
    public void Resume(string checkpoint)
    {
        TrainingCheckpoint.Read(checkpoint, RunIdentity.Of(_options, Steps, Context), Log, _optimizer);
        _saved = Step;
    }

    /// <summary>Writes the model in its present state, with any heads next to it (<c>NAME.heads.gguf</c>); or only the adapter.</summary>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public void Save(string path)
    {
        if (_adapter is not null)
        {
            _adapter.Write(path);
            return;
        }
        _heads?.Write(path);
        ModelFile.Write(path, _file, _learner.Weights, _data.AddedTemplate);
    }

    /// <summary>Stops the threads and closes the mappings.</summary>
    public void Dispose()
    {
        _workers?.Dispose();
        _heads?.Dispose();
        _file.Dispose();
    }

    private void ValidateWhereDue(CancellationToken cancellationToken)
    {
        int every = _options.ValidateEvery > 0 ? _options.ValidateEvery : Math.Max(1, Steps / 10);
        bool isDue = Step % every == 0 || Step == Steps, isDone = Log.Validations is [.., { } last] && last.Step == Step;
        if (isDue && !isDone && Validate(cancellationToken) is { } validation)
        {
            Log.Add(validation);
        }
    }

    private void SaveCheckpoint()
    {
        if (_options.Checkpoint is { } path && _saved != Step)
        {
            TrainingCheckpoint.Write(path, RunIdentity.Of(_options, Steps, Context), Log, _optimizer);
            _saved = Step;
        }
    }

    private int ContextOf(NetworkSizes sizes)
    {
        int context = _options.Context > 0 ? _options.Context : Math.Min(512, sizes.TrainedContext);
        return context <= sizes.TrainedContext || !sizes.HasLearnedPositions ? context : throw new InvalidRequestException(
            $"Training {_file.FileName}: expected a context of at most {sizes.TrainedContext}, because each position has learned weights, found {context}. Lower the context.");
    }

    private DropoutRule? DropoutOf(long n) =>
        _options.Dropout == 0 ? null : new DropoutRule(_options.Dropout, ExampleOrder.SeedOf(_options.Seed, ExampleOrder.Purpose.Dropout, n));
}
