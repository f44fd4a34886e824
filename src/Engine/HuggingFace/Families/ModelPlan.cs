using Engine.Gguf;

namespace Engine.HuggingFace.Families;

/// <summary>What a folder is imported as: llama.cpp's metadata and tensors.</summary>
/// <param name="architecture">llama.cpp's name of the architecture.</param>
/// <param name="settings">The sizes from the configuration.</param>
/// <param name="tensors">The weights.</param>
internal sealed class ModelPlan(string architecture, TrainedSettings settings, TensorMap tensors)
{
    private readonly List<(string Key, Action<GgufWriter, string> Set)> _metadata = [];

    /// <summary>llama.cpp's name of the architecture.</summary>
    public string Architecture => architecture;

    /// <summary>The sizes that are needed to run the weights as transformers runs them.</summary>
    public TrainedSettings Settings => settings;

    public TensorMap Tensors => tensors;

    /// <summary>Notes for the user: what is left out, and where llama.cpp computes differently from the trained model.</summary>
    public List<string> Notes { get; } = [];

    /// <summary>Sets a number under a key of the architecture.</summary>
    /// <param name="key">The key, without the architecture.</param>
    /// <param name="value">The number, in the type in which the file stores it.</param>
    public void Set<T>(string key, T value) where T : unmanaged => _metadata.Add(($"{architecture}.{key}", (writer, name) => writer.SetMetadata(name, value)));

    /// <summary>Sets a text under a key of the architecture.</summary>
    public void Set(string key, string value) => _metadata.Add(($"{architecture}.{key}", (writer, name) => writer.SetMetadata(name, value)));

    /// <summary>Sets texts under a key of the architecture.</summary>
    public void Set(string key, IReadOnlyList<string> values) => _metadata.Add(($"{architecture}.{key}", (writer, name) => writer.SetMetadata(name, values)));

    /// <summary>Sets numbers under a key of the architecture.</summary>
    public void Set<T>(string key, T[] values) where T : unmanaged => _metadata.Add(($"{architecture}.{key}", (writer, name) => writer.SetMetadata(name, values)));

    /// <summary>Sets the sizes that LLaMA and its descendants have in common.</summary>
    public void SetSizes(RotarySettings s)
    {
        Set("context_length", (uint)s.Positions);
        Set("embedding_length", (uint)s.d);
        Set("block_count", (uint)s.N);
        Set("feed_forward_length", (uint)s.f);
        Set("attention.head_count", (uint)s.H);
        Set("attention.head_count_kv", (uint)s.G);
    }

    /// <summary>Sets a number under a key outside the architecture's.</summary>
    public void SetGlobal<T>(string key, T value) where T : unmanaged => _metadata.Add((key, (writer, name) => writer.SetMetadata(name, value)));

    /// <summary>Writes the metadata.</summary>
    public void AddTo(GgufWriter writer)
    {
        foreach ((string key, Action<GgufWriter, string> set) in _metadata)
        {
            set(writer, key);
        }
    }
}
