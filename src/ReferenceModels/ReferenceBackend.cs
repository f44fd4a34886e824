using Engine;
using Engine.Gguf;
using Engine.Serving;
using Microsoft.Extensions.Logging;

namespace ReferenceModels;

/// <summary>The backend <c>reference</c>: models computed by managed code, in F32, on the CPU.</summary>
/// <param name="logger">Receives warnings about prompts and adapters.</param>
public sealed class ReferenceBackend(ILogger<ReferenceBackend>? logger = null) : IModelBackend
{
    /// <summary>The name in configuration and on the command line.</summary>
    public const string BackendName = "reference";

    /// <inheritdoc/>
    public string Name => BackendName;

    /// <inheritdoc/>
    /// <remarks>The weights are used in place: the file is mapped and must not change while the model is loaded.</remarks>
    public async ValueTask<IModel> LoadAsync(ModelOptions options, IProgress<float>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        ModelOptionRules.Check(options);
        if (!options.Device.Equals("auto", StringComparison.OrdinalIgnoreCase) && !options.Device.Equals("cpu", StringComparison.OrdinalIgnoreCase))
        {
            throw new DeviceUnavailableException($"Loading {options.Path} with the reference backend: it runs only on the CPU, but device '{options.Device}' was requested. Set the device to cpu or auto, or use the llama.cpp backend.");
        }
        ILoadedModel model = await Task.Run(() => Load(options), cancellationToken).ConfigureAwait(false);
        progress?.Report(1);
        return new ServedModel(model, ServingOptions.Of(options), logger);
    }

    /// <summary>The managed tokenizer of a file of any architecture; nothing else is loaded from it.</summary>
    /// <param name="path">Path of the GGUF file.</param>
    /// <param name="rule">The rule by which it splits.</param>
    /// <exception cref="ModelFileException">The file is not a GGUF file, or its vocabulary's keys contradict each other.</exception>
    public static ITokenizer ReadTokenizer(string path, TokenizerRule rule = TokenizerRule.Trained)
    {
        GgufFile file = GgufFile.Open(path);
        using VocabularyModel model = VocabularyModel.Read(file, rule);
        return model.Tokenizer;
    }

    private ILoadedModel Load(ModelOptions options)
    {
        GgufFile file = GgufFile.Open(options.Path);
        try
        {
            GgufPreflight.Check(file);
        }
        catch
        {
            file.Dispose();
            throw;
        }
        if (options.VocabularyOnly || file.Tensors.Count == 0)
        {
            return VocabularyModel.Read(file, options.Tokenizer, logger);
        }
        int threads = ThreadCount.Of(options.Threads);
        var model = new ReferenceModel(file, options.ContextLength, threads, options.Arithmetic, options.Adapters, options.Tokenizer, logger) { IsExact = options.Exact };
        try
        {
            if (model.HasBatch)
            {
                model.RequireMemory(ServingOptions.Of(options).ShapeFor(model.Card));
            }
            else
            {
                model.RequireMemory();
            }
            return model;
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }
}
