using Engine;
using Engine.Generation;
using Engine.Gguf;
using ReferenceModels.Models;
using ReferenceModels.Ops;
using ReferenceModels.Tokenizers;

namespace ReferenceModels;

/// <summary>A model file opened for the managed implementation: its mapping, its weights, and the threads of all its sessions.</summary>
internal sealed class ReferenceModel : ILoadedModel
{
    private readonly GgufFile _file;
    private readonly Llama _llama;
    private readonly Workers _workers;

    /// <summary>Reads a file. Owns it from now on, also where this throws.</summary>
    /// <param name="file">The file, checked for what would be hostile.</param>
    /// <param name="contextLength">Tokens a session holds; 0 takes the model's own, up to 4096.</param>
    /// <param name="threads">Threads of a pass; 0 takes the number of cores.</param>
    public ReferenceModel(GgufFile file, int contextLength, int threads)
    {
        _file = file;
        try
        {
            string architecture = file.Metadata.RequireString("general.architecture");
            if (architecture != "llama")
            {
                throw new UnsupportedRequestException($"Loading {file.FileName}: the reference backend runs the architecture 'llama', the file is of '{architecture}'. Use the llama.cpp backend.");
            }
            Tokenizer = FileTokenizer.Read(file.Metadata, architecture);
            _llama = Llama.Load(file, Tokenizer.VocabularySize);
            Card = new ModelCard
            {
                Name = file.Metadata.GetString("general.name") ?? Path.GetFileNameWithoutExtension(file.Path),
                Path = file.Path,
                Architecture = architecture,
                Backend = ReferenceBackend.BackendName,
                Device = "cpu",
                FileType = GgufFileType.Of(file),
                Parameters = file.Tensors.Sum(tensor => tensor.Elements),
                TensorBytes = file.Tensors.Sum(tensor => tensor.ByteLength),
                VocabularySize = Tokenizer.VocabularySize,
                EmbeddingLength = _llama.C.d,
                Layers = _llama.C.N,
                ContextLength = contextLength == 0 ? Math.Min(_llama.C.TrainedContext, 4096) : contextLength,
                TrainedContextLength = _llama.C.TrainedContext,
                Abilities = ModelAbilities.Score | ModelAbilities.Generate | ModelAbilities.Embed,
            };
            _workers = new Workers(threads);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public ModelCard Card { get; }

    /// <inheritdoc/>
    public ITokenizer Tokenizer { get; }

    /// <inheritdoc/>
    /// <remarks>The arithmetic is the same for both <see cref="Numerics"/>: F32 throughout.</remarks>
    public ISession CreateSession(SessionKind kind)
    {
        RequireMemory(1);
        return new ReferenceSession(_llama, _workers, Card.ContextLength);
    }

    /// <summary>Refuses contexts that would not fit. The weights do not count: their pages are the file's, and can be let go.</summary>
    /// <exception cref="Engine.InsufficientMemoryException">Both numbers are in it.</exception>
    public void RequireMemory(int contexts)
    {
        long cache = KeyValueCache.Bytes(_llama.C.N, _llama.C.G * _llama.C.d_k, Card.ContextLength);
        long required = (long)Math.Min(1e18, contexts * ((double)cache + ReferenceSession.ActivationBytes(_llama.C)));
        long available = AvailableMemory.Bytes();
        if (required > available)
        {
            throw new Engine.InsufficientMemoryException(
                $"Making {contexts} contexts of {Card.ContextLength} tokens for {Card.Name}: expected {required >> 20} MiB of memory, there are {available >> 20} MiB (container limits included). Lower the context length or the number of slots.",
                required, available);
        }
    }

    /// <summary>Ends the threads and the mapping; the sessions have to be disposed before.</summary>
    public void Dispose()
    {
        _workers.Dispose();
        _file.Dispose();
    }
}
