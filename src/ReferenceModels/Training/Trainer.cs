using Engine;
using Engine.Gguf;
using ReferenceModels.Models;
using ReferenceModels.Ops;
using ReferenceModels.Tokenizers;
using ReferenceModels.Training.Data;
using ReferenceModels.Training.Optimization;

namespace ReferenceModels.Training;

/// <summary>Trains one model: call <see cref="Advance"/> until <see cref="Step"/> is <see cref="Steps"/>, then <see cref="Save"/>.</summary>
/// <remarks>Everything a step does is a function of the options and the step's number, and sums are in an order that does not depend
/// on which thread was first. Not safe to call from several threads at once.</remarks>
public sealed class Trainer : IDisposable
{
    private readonly TrainingOptions _options;
    private readonly GgufFile _file;
    private readonly Workers _workers;
    private readonly Learner _learner;
    private readonly IExamples _examples;
    private readonly ExampleOrder _order;
    private readonly AdamW _optimizer;
    private readonly LearningRate _rate;

    /// <summary>Loads the model and reads the data.</summary>
    /// <exception cref="EngineException">The model, the data or an option is of no use; the message says which and why.</exception>
    public Trainer(TrainingOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        _options = options;
        _file = GgufFile.Open(options.Model);
        try
        {
            GgufPreflight.Check(_file);
            string architecture = _file.Metadata.RequireString(GgufKeys.Architecture);
            ITokenizer tokenizer = FileTokenizer.Read(_file.Metadata, architecture);
            INetwork network = Networks.Loader(architecture, _file.FileName)(_file, tokenizer.VocabularySize, true);
            Context = options.Context > 0 ? options.Context : Math.Min(512, network.Sizes.TrainedContext);
            _examples = options.Objective.Examples(
                new RecordFile { Separator = options.Separator }.Read(options.Data), new ExampleReading(tokenizer, Context, options.Data));
            if (_examples.Count == 0)
            {
                throw new InvalidRequestException($"Reading the data '{options.Data}': expected at least two tokens, found fewer. Give more text.");
            }
            int visits = options.Batch * options.Accumulate;
            Steps = options.Steps > 0 ? options.Steps : (int)Math.Ceiling(options.Epochs * _examples.Count / visits);
            _order = new ExampleOrder(_examples.Count, options.Seed, options.Shuffle);
            _workers = new Workers(options.Threads == 0 ? Environment.ProcessorCount : Math.Min(options.Threads, Environment.ProcessorCount));
            _learner = new Learner(network, options.Objective, Context, _workers);
            _optimizer = new AdamW(_learner.Weights, options.Beta1, options.Beta2, options.Epsilon, options.WeightDecay);
            _rate = new LearningRate(options.LearningRate, options.Warmup, Steps, options.FinalLearningRate);
        }
        catch
        {
            _file.Dispose();
            throw;
        }
    }

    /// <summary>Steps done.</summary>
    public int Step { get; private set; }

    /// <summary>Steps of the whole run.</summary>
    public int Steps { get; }

    /// <summary>Tokens of an example at the most.</summary>
    public int Context { get; }

    /// <summary>Examples of an epoch.</summary>
    public int Examples => _examples.Count;

    /// <summary>Does one step of the optimizer.</summary>
    /// <exception cref="OperationCanceledException">The step was not done; the trainer stands where it stood.</exception>
    /// <exception cref="NonFiniteLogitsException">The loss is not a number any more.</exception>
    public TrainingStep Advance(CancellationToken cancellationToken = default)
    {
        int visits = _options.Batch * _options.Accumulate;
        long first = (long)Step * visits;
        Example[] examples = [.. Enumerable.Range(0, visits).Select(i => Visit(first + i))];
        double[] totals = _learner.Weigh(examples), sums = new double[totals.Length];
        foreach (Weights.Weight weight in _learner.Weights)
        {
            Array.Clear(weight.Gradient!);
        }
        for (int start = 0; start < visits; start += _options.Batch)
        {
            long visit = first + start;
            double[] batch = _learner.Learn(examples[start..(start + _options.Batch)], totals, i => DropoutOf(visit + i), cancellationToken);
            for (int i = 0; i < sums.Length; i++)
            {
                sums[i] += batch[i];
            }
        }
        double loss = _learner.Loss(sums, totals), norm = GradientNorm.Of(_learner.Weights, _workers);
        if (!double.IsFinite(loss) || !double.IsFinite(norm))
        {
            throw new NonFiniteLogitsException($"Training step {Step + 1}: expected finite numbers, found a loss of {loss} and gradients of norm {norm}. Lower the learning rate or warm up longer.");
        }
        float rate = _rate.At(Step);
        _optimizer.Step(++Step, rate, GradientNorm.Scale(norm, _options.Clip), _workers);
        return new TrainingStep(Step, loss, [.. sums.Select((sum, i) => Learner.Mean(sum, totals[i]))], rate, norm, examples.Sum(example => (long)example.Length));
    }

    /// <summary>Writes the model as it is now.</summary>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public void Save(string path) => ModelFile.Write(path, _file, _learner.Weights);

    /// <summary>Ends threads and mapping.</summary>
    public void Dispose()
    {
        _workers.Dispose();
        _file.Dispose();
    }

    private Example Visit(long n) => _examples.Visit(_order[n], ExampleOrder.SeedOf(_options.Seed, ExampleOrder.Purpose.Example, n));

    private DropoutRule? DropoutOf(long n) =>
        _options.Dropout == 0 ? null : new DropoutRule(_options.Dropout, ExampleOrder.SeedOf(_options.Seed, ExampleOrder.Purpose.Dropout, n));
}
