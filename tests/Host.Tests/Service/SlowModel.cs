using Engine.Host.Tests.Hostile;

namespace Engine.Host.Tests.Service;

/// <summary>A model whose prompts take seconds on the reference: random weights, wide for its depth, one token after the other.</summary>
internal sealed class SlowModel : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public SlowModel() => Path = _folder.File("slow.gguf", SmallModels.Llama(d: 768, heads: 12, headsKv: 12).Set("llama.context_length", 2048u).ToBytes());

    public string Path { get; }

    public IEnumerable<string> Arguments => ["--model", Path, "--backend", "reference", "--exact"];

    public static string Prompt(int tokens) => new('a', tokens);

    public void Dispose() => _folder.Dispose();
}
