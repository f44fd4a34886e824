using System.CommandLine;
using Engine.BuiltIn;
using Engine.Host.Composition;

namespace Engine.Host.Commands;

/// <summary>The options of every verb that loads a model.</summary>
internal sealed class ModelOptionGroup
{
    private static readonly Dictionary<string, string> MeantDevices = new()
    {
        ["gpu"] = "'auto' (the best there is) or 'cuda'",
        ["nvidia"] = "'cuda'",
        ["amd"] = "'vulkan'",
        ["rocm"] = "'vulkan'",
        ["mps"] = "'metal'",
        ["processor"] = "'cpu'",
    };

    private const int MaxContext = 1 << 24;
    internal const int MaxThreads = 512;

    public Option<string?> Model { get; } = new("--model")
    {
        HelpName = "PATH",
        Description = "The GGUF file, or builtin:NAME for a model that comes with the engine. Default: builtin:llama-stories.",
        CompletionSources = { context => Bundled(context.WordToComplete) },
    };

    public Option<string> Backend { get; } = new("--backend")
    {
        HelpName = "NAME",
        Description = $"What runs it: {HostBackends.Names}; 'auto', the default, is llama.cpp where its libraries come with the engine (Linux), otherwise llamasharp.",
        DefaultValueFactory = _ => new ModelOptions().Backend,
        CompletionSources = { HostBackends.Names.Replace(" or ", ", ", StringComparison.Ordinal).Split(", ") },
    };

    public Option<string> Device { get; } = ChoiceOption.Create(
        "--device", "Where it runs. 'auto' takes the best device; any other must be available.", ["auto", "cpu", "cuda", "vulkan", "metal"], MeantDevices);

    public Option<string> Tokenizer { get; } = ChoiceOption.Create(
        "--tokenizer", "How text is split: as the model was trained, or as llama.cpp does.", "trained", "native");

    public Option<int?> GpuLayers { get; } = NumberOption.CreateOptional("--gpu-layers", 0, 100_000, "Layers to put on the device. Default: all.");

    public Option<int?> Threads { get; } = NumberOption.CreateOptional("--threads", 1, MaxThreads, "Threads of the computation. Default: one per core.");

    public Option<int?> Context { get; } = NumberOption.CreateOptional(
        "--context", 1, MaxContext, "Tokens that prompt and answer may have together. Default: the model's own, up to 4096.");

    public Option<AdapterOptions[]?> Adapters { get; } = AdapterOption.Create();

    public Option<string?> Library { get; } = new("--library") { HelpName = "PATH", Description = "Your own llama.cpp library: its folder or file." };

    public Option<string?> Endpoint { get; } = new("--endpoint") { HelpName = "URL", Description = "Another engine that runs the model, such as https://host:8443 or unix:/run/engine.sock." };

    public Option<string?> RemoteName { get; } = new("--remote-model") { HelpName = "NAME", Description = "The model's name there. Default: the default model." };

    public Option<string?> RemoteKey { get; } = new("--key-file") { HelpName = "FILE", Description = "A file with the key it requires." };

    public Option<string?> Certificate { get; } = new("--certificate-file") { HelpName = "FILE", Description = "Its certificate, or its authority's, instead of those that the system trusts." };

    public NativeOptionGroup Native { get; } = new();

    public void AddTo(Verb verb)
    {
        verb.AddGroup("Model", Model, Backend, Device, GpuLayers, Threads, Context, Tokenizer, Adapters, Library);
        verb.AddGroup("Another engine", Endpoint, RemoteName, RemoteKey, Certificate);
        Native.AddTo(verb);
    }

    /// <summary>The tokenizer rule.</summary>
    public TokenizerRule ReadTokenizer(ParseResult parsed) => Enum.Parse<TokenizerRule>(parsed.GetValue(Tokenizer)!, ignoreCase: true);

    /// <summary>The options as the command line gives them.</summary>
    public ModelOptions Read(ParseResult parsed, string? path = null, string? backend = null) => Native.Apply(parsed, new()
    {
        Path = BundledModels.Resolve(path ?? parsed.GetValue(Model) ?? (GetEndpoint(parsed) is null ? DefaultModel.Find() : "")),
        Backend = backend ?? parsed.GetValue(Backend)!,
        Device = parsed.GetValue(Device)!,
        GpuLayers = parsed.GetValue(GpuLayers) ?? -1,
        Threads = parsed.GetValue(Threads) ?? 0,
        ContextLength = parsed.GetValue(Context) ?? 0,
        Adapters = parsed.GetValue(Adapters) ?? [],
        Tokenizer = ReadTokenizer(parsed),
        LibraryPath = parsed.GetValue(Library),
        Endpoint = GetEndpoint(parsed),
        RemoteModel = GetGiven(parsed, RemoteName),
        KeyFile = GetGiven(parsed, RemoteKey),
        CertificateFile = GetGiven(parsed, Certificate),
    });

    private string? GetEndpoint(ParseResult parsed) => GetGiven(parsed, Endpoint);

    // No suggestions for anything else, so that the shell completes a path.
    private static IEnumerable<string> Bundled(string word) =>
        word.Length > 0 && (BundledModels.IsName(word) || BundledModels.Scheme.StartsWith(word, StringComparison.OrdinalIgnoreCase)) ? BundledModels.Names.Select(name => BundledModels.Scheme + name) : [];

    // A verb need not have all the options.
    private static string? GetGiven(ParseResult parsed, Option<string?> option) => parsed.GetResult(option) is null ? null : parsed.GetValue(option);
}
