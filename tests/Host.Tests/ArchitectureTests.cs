using Mono.Cecil;

namespace Engine.Host.Tests;

/// <summary>Holds the arrows of ARCHITECTURE.md: which room (namespace, hence folder) may know which. Read from the compiled
/// assemblies, since an arrow that points back inside one assembly is invisible to the compiler.</summary>
public sealed class ArchitectureTests(ProductAssemblies product) : IClassFixture<ProductAssemblies>
{
    private const string Contract = "Engine";
    private const string Interop = "Engine.LlamaCpp.Interop";

    /// <summary>Room → the rooms it knows: these, all of these, and the contract (src/Abstractions), which all know.</summary>
    private static readonly Dictionary<string, string[]> Table = new()
    {
        [Contract] = [],
        ["Engine.BuiltIn"] = [],
        ["Engine.Chat"] = ["Engine.Chat.Jinja", "Engine.Chat.Tools", "Engine.Constraints", "Engine.Gguf"],
        ["Engine.Chat.Jinja"] = [],
        ["Engine.Chat.Tools"] = ["Engine.Constraints"],
        ["Engine.Constraints"] =
        [
            "Engine.Constraints.Automata", "Engine.Constraints.Grammars", "Engine.Constraints.Languages", "Engine.Constraints.Masks",
            "Engine.Constraints.Schemas", "Engine.Constraints.Terminals",
        ],
        ["Engine.Constraints.Automata"] =
        [
            "Engine.Constraints.Grammars", "Engine.Constraints.Languages", "Engine.Constraints.Schemas", "Engine.Constraints.Terminals",
        ],
        ["Engine.Constraints.Grammars"] = ["Engine.Constraints.Languages"],
        ["Engine.Constraints.Languages"] = [],
        ["Engine.Constraints.Masks"] = ["Engine.Constraints.Automata", "Engine.Constraints.Languages", "Engine.Constraints.Terminals"],
        ["Engine.Constraints.Schemas"] = ["Engine.Constraints.Languages"],
        ["Engine.Constraints.Terminals"] = ["Engine.Constraints.Languages"],
        ["Engine.Generation"] = ["Engine.Sampling"],
        ["Engine.Gguf"] = ["Engine.Gguf.Preflight"],
        ["Engine.Gguf.Preflight"] = ["Engine.Gguf"],
        ["Engine.HuggingFace"] = ["Engine.Gguf", "Engine.HuggingFace.Families", "Engine.HuggingFace.Files", "Engine.HuggingFace.Vocabularies"],
        ["Engine.HuggingFace.Exporting"] = ["Engine.Gguf", "Engine.Gguf.Preflight", "Engine.HuggingFace", "Engine.HuggingFace.Families", "Engine.HuggingFace.Rules", "Engine.HuggingFace.Vocabularies", "Engine.Tokenizers"],
        ["Engine.HuggingFace.Families"] = ["Engine.Gguf", "Engine.HuggingFace.Files"],
        ["Engine.HuggingFace.Files"] = ["Engine.LlamaCpp.Quantizer"],
        ["Engine.HuggingFace.Rules"] = ["Engine.HuggingFace.Vocabularies", "Engine.Tokenizers", "Engine.Tokenizers.Unicode"],
        ["Engine.HuggingFace.Vocabularies"] = ["Engine.Gguf", "Engine.HuggingFace.Files"],
        ["Engine.LlamaCpp"] =
        [
            "Engine.Generation", "Engine.Gguf", "Engine.LlamaCpp.Devices", "Engine.LlamaCpp.Memory", "Engine.LlamaCpp.Runtime",
            "Engine.LlamaCpp.Taps", "Engine.Serving", "Engine.Tokenizers",
        ],
        ["Engine.LlamaCpp.Devices"] = ["Engine.LlamaCpp.Interop", "Engine.LlamaCpp.Runtime"],
        ["Engine.LlamaCpp.Direct"] =
        [
            "Engine.Gguf", "Engine.LlamaCpp", "Engine.LlamaCpp.Devices", "Engine.LlamaCpp.Interop", "Engine.LlamaCpp.Memory",
            "Engine.LlamaCpp.Runtime", "Engine.LlamaCpp.Taps", "Engine.Serving",
        ],
        ["Engine.LlamaCpp.Interop"] = [],
        ["Engine.LlamaCpp.Memory"] =
        [
            "Engine.Generation", "Engine.Gguf", "Engine.LlamaCpp.Devices", "Engine.LlamaCpp.Interop", "Engine.LlamaCpp.Taps",
        ],
        ["Engine.LlamaCpp.Quantizer"] = ["Engine.Gguf", "Engine.LlamaCpp.Interop", "Engine.LlamaCpp.Runtime"],
        ["Engine.LlamaCpp.Runtime"] = ["Engine.LlamaCpp.Interop"],
        ["Engine.LlamaCpp.Taps"] = ["Engine.Generation", "Engine.Gguf", "Engine.LlamaCpp.Interop"],
        ["Engine.Parity"] = [],
        ["Engine.Registry"] =
        [
            "Engine.BuiltIn", "Engine.Chat", "Engine.Gguf", "Engine.LlamaCpp.Direct", "Engine.LlamaCpp.Runtime", "Engine.Parity", "Engine.Serving", "Engine.Shadow", "Engine.Telemetry",
        ],
        ["Engine.Sampling"] = [],
        ["Engine.Serving"] = ["Engine.Chat", "Engine.Constraints", "Engine.Generation", "Engine.Sampling", "Engine.Telemetry"],
        ["Engine.Shadow"] = ["Engine.Generation", "Engine.Parity", "Engine.Sampling", "Engine.Telemetry"],
        ["Engine.Telemetry"] = [],
        ["Engine.Tokenizers"] =
        [
            "Engine.Generation", "Engine.Gguf", "Engine.Tokenizers.Merging", "Engine.Tokenizers.PreTokenization", "Engine.Tokenizers.Unicode",
        ],
        ["Engine.Tokenizers.Merging"] = ["Engine.Tokenizers"],
        ["Engine.Tokenizers.PreTokenization"] = ["Engine.Tokenizers.Unicode"],
        ["Engine.Tokenizers.Unicode"] = [],
        ["ReferenceModels"] =
        [
            "Engine.Generation", "Engine.Gguf", "Engine.Registry", "Engine.Serving", "Engine.Tokenizers", "ReferenceModels.Models",
            "ReferenceModels.Ops", "ReferenceModels.Weights",
        ],
        ["ReferenceModels.Heads"] = ["Engine.Gguf", "ReferenceModels.Ops", "ReferenceModels.Weights"],
        ["ReferenceModels.HuggingFace"] = ["Engine.Gguf", "Engine.HuggingFace.Families", "Engine.HuggingFace.Files", "ReferenceModels.Ops"],
        ["ReferenceModels.Models"] = ["Engine.Gguf", "ReferenceModels.Ops", "ReferenceModels.Weights"],
        ["ReferenceModels.Ops"] = ["Engine.Gguf", "ReferenceModels.Quantization", "ReferenceModels.Weights"],
        ["ReferenceModels.Quantization"] = ["Engine.Gguf"],
        ["ReferenceModels.Training"] =
        [
            "Engine.Chat", "Engine.Gguf", "Engine.Tokenizers", "ReferenceModels", "ReferenceModels.Heads", "ReferenceModels.Models", "ReferenceModels.Ops",
            "ReferenceModels.Training.Adapters", "ReferenceModels.Training.Data",
            "ReferenceModels.Training.Objectives", "ReferenceModels.Training.Optimization", "ReferenceModels.Weights",
        ],
        ["ReferenceModels.Training.Adapters"] =
        [
            "Engine.Gguf", "ReferenceModels.Models", "ReferenceModels.Ops", "ReferenceModels.Training.Data", "ReferenceModels.Weights",
        ],
        ["ReferenceModels.Training.Corpora"] = ["Engine.Chat", "ReferenceModels.Heads", "ReferenceModels.Ops", "ReferenceModels.Training.Data"],
        ["ReferenceModels.Training.Data"] =
        [
            "Engine.Chat", "ReferenceModels.Ops",
        ],
        ["ReferenceModels.Training.Initialization"] =
        [
            "Engine.Chat", "Engine.Gguf", "ReferenceModels.Ops", "ReferenceModels.Training.Data", "ReferenceModels.Training.Vocabularies",
        ],
        ["ReferenceModels.Training.Objectives"] = ["ReferenceModels.Ops", "ReferenceModels.Training.Data"],
        ["ReferenceModels.Training.Optimization"] = ["ReferenceModels.Ops", "ReferenceModels.Weights"],
        ["ReferenceModels.Training.Vocabularies"] =
        [
            "Engine.Gguf", "Engine.Tokenizers", "Engine.Tokenizers.PreTokenization", "Engine.Tokenizers.Unicode",
        ],
        ["ReferenceModels.Weights"] = ["Engine.Gguf", "ReferenceModels.Quantization"],
        ["Engine.LLamaSharp"] =
        [
            "Engine.Gguf", "Engine.LlamaCpp", "Engine.LlamaCpp.Devices", "Engine.LlamaCpp.Interop", "Engine.LlamaCpp.Memory",
            "Engine.LlamaCpp.Runtime", "Engine.LlamaCpp.Taps", "Engine.Registry", "Engine.Serving",
        ],
        ["Engine.LLamaSharp.Tokenizers"] = ["Engine.Gguf", "Engine.Tokenizers", "Engine.Tokenizers.PreTokenization"],
        ["Engine.Remote"] = ["Engine.Registry", "Engine.Remote.Client", "Engine.Remote.Isolation", "Engine.Remote.Server"],
        ["Engine.Remote.Client"] = ["Engine.Generation", "Engine.Remote.Protocol"],
        ["Engine.Remote.Isolation"] = ["Engine.LlamaCpp", "Engine.LlamaCpp.Direct", "Engine.Registry", "Engine.Remote", "Engine.Remote.Client", "Engine.Serving", "Engine.Telemetry"],
        ["Engine.Remote.Protocol"] = ["Engine.Constraints"],
        ["Engine.Remote.Server"] = ["Engine.Registry", "Engine.Remote.Protocol"],
        ["Engine.Api"] =
        [
            "Engine.Api.Access", "Engine.Api.Documents", "Engine.Api.Anthropic", "Engine.Api.Answers", "Engine.Api.Endpoints", "Engine.Api.Health", "Engine.Api.Ollama", "Engine.Api.OpenAI", "Engine.Api.OpenAI.Responses", "Engine.Api.Service",
            "Engine.Api.Texts", "Engine.Registry",
        ],
        ["Engine.Api.Anthropic"] = ["Engine.Api.Answers", "Engine.Api.Endpoints", "Engine.Api.Requests", "Engine.Chat", "Engine.Chat.Tools"],
        ["Engine.Api.Access"] = ["Engine.Api.Requests", "Engine.Api.Service", "Engine.Registry"],
        ["Engine.Api.Requests"] = ["Engine.Chat.Tools", "Engine.Constraints"],
        ["Engine.Api.Answers"] =
        [
            "Engine.Api.Access", "Engine.Api.Requests", "Engine.Api.Service", "Engine.Chat", "Engine.Chat.Tools", "Engine.Generation", "Engine.Parity", "Engine.Registry", "Engine.Sampling",
        ],
        ["Engine.Api.Documents"] = ["Engine.Api.Requests"],
        ["Engine.Api.Endpoints"] = ["Engine.Api.Access", "Engine.Api.Documents", "Engine.Api.Answers", "Engine.Api.Service"],
        ["Engine.Api.Health"] = ["Engine.Api.Answers", "Engine.Api.Endpoints", "Engine.Api.Service", "Engine.Registry"],
        ["Engine.Api.Ollama"] = ["Engine.Api.Answers", "Engine.Api.Endpoints", "Engine.Api.Requests", "Engine.Chat", "Engine.Chat.Tools"],
        ["Engine.Api.OpenAI"] = ["Engine.Api.Answers", "Engine.Api.Endpoints", "Engine.Api.Requests", "Engine.Chat", "Engine.Chat.Tools", "Engine.Parity"],
        ["Engine.Api.OpenAI.Responses"] = ["Engine.Api.Answers", "Engine.Api.Endpoints", "Engine.Api.OpenAI", "Engine.Api.Requests", "Engine.Chat", "Engine.Chat.Tools", "Engine.Parity"],
        ["Engine.Api.Service"] = ["Engine.Registry"],
        ["Engine.Api.Texts"] = ["Engine.Api.Answers", "Engine.Api.Endpoints", "Engine.Api.OpenAI", "Engine.Api.Requests"],
        ["Aspire.Hosting"] = ["Aspire.Hosting.ApplicationModel"],
        ["Aspire.Hosting.ApplicationModel"] = [],
        ["Program"] = ["Engine.Host", "Engine.Host.Composition", "Engine.Registry", "Engine.Remote"],
        ["Engine.Host"] =
        [
            "Engine.Host.Commands", "Engine.Host.Commands.Benchmarking", "Engine.Host.Commands.Completion", "Engine.Host.Commands.Diagnosis",
            "Engine.Host.Commands.Embedding", "Engine.Host.Commands.Generating", "Engine.Host.Commands.Importing", "Engine.Host.Commands.Inspection",
            "Engine.Host.Commands.Quantizing", "Engine.Host.Commands.Reporting", "Engine.Host.Commands.Serving", "Engine.Host.Commands.Tokenization",
            "Engine.Host.Commands.Training", "Engine.Host.Commands.Validating",
        ],
        ["Engine.Host.Api"] =
        [
            "Engine.Api", "Engine.Api.Access", "Engine.Api.Requests", "Engine.Api.Service", "Engine.BuiltIn", "Engine.Host.Composition",
            "Engine.Host.Service", "Engine.Host.Shadow", "Engine.Host.Telemetry", "Engine.Registry", "Engine.Remote", "Engine.Remote.Server",
            "Engine.Shadow",
        ],
        ["Engine.Host.Commands"] =
        [
            "Engine.BuiltIn", "Engine.Chat", "Engine.Generation", "Engine.Gguf", "Engine.Host.Composition", "Engine.LlamaCpp.Interop",
            "Engine.LlamaCpp.Quantizer", "Engine.Parity", "Engine.Registry", "Engine.Tokenizers",
        ],
        ["Engine.Host.Commands.Benchmarking"] = ["Engine.Host.Commands", "Engine.Host.Commands.Generating"],
        ["Engine.Host.Commands.Calibrating"] =
        [
            "Engine.Gguf", "Engine.Host.Commands", "Engine.LlamaCpp", "Engine.LlamaCpp.Devices", "Engine.Parity", "Engine.Remote.Isolation",
            "ReferenceModels",
        ],
        ["Engine.Host.Commands.Completion"] = ["Engine.Host.Commands"],
        ["Engine.Host.Commands.Diagnosis"] =
        [
            "Engine.BuiltIn", "Engine.Generation", "Engine.Host.Commands", "Engine.Host.Commands.Calibrating", "Engine.Host.Composition",
            "Engine.LlamaCpp.Devices", "Engine.LlamaCpp.Interop", "Engine.LlamaCpp.Runtime", "Engine.Parity",
        ],
        ["Engine.Host.Commands.Embedding"] = ["Engine.Host.Commands", "Engine.Host.Commands.Tokenization", "Engine.Parity", "ReferenceModels.Heads"],
        ["Engine.Host.Commands.Generating"] = ["Engine.Chat", "Engine.Host.Commands", "Engine.Host.Commands.Tokenization", "Engine.Parity", "Engine.Sampling"],
        ["Engine.Host.Commands.Importing"] =
        [
            "Engine.BuiltIn", "Engine.Gguf", "Engine.Host.Commands", "Engine.HuggingFace", "Engine.HuggingFace.Exporting",
            "Engine.HuggingFace.Families", "Engine.HuggingFace.Files", "Engine.HuggingFace.Rules", "Engine.LlamaCpp.Quantizer", "Engine.Parity",
            "Engine.Tokenizers", "ReferenceModels.HuggingFace",
        ],
        ["Engine.Host.Commands.Inspection"] = ["Engine.BuiltIn", "Engine.Gguf", "Engine.Host.Commands", "Engine.LlamaCpp.Memory"],
        ["Engine.Host.Commands.Quantizing"] = ["Engine.BuiltIn", "Engine.Gguf", "Engine.Host.Commands", "Engine.LlamaCpp.Quantizer"],
        ["Engine.Host.Commands.Reporting"] = ["Engine.Host.Commands", "Engine.Host.Shadow", "Engine.Parity"],
        ["Engine.Host.Commands.Serving"] = ["Engine.Chat", "Engine.Host.Api", "Engine.Host.Commands", "Engine.Registry"],
        ["Engine.Host.Commands.Tokenization"] = ["Engine.Host.Commands", "Engine.Parity"],
        ["Engine.Host.Commands.Training"] =
        [
            "Engine.BuiltIn", "Engine.Host.Commands", "ReferenceModels", "ReferenceModels.Training", "ReferenceModels.Training.Adapters",
            "ReferenceModels.Training.Corpora", "ReferenceModels.Training.Data", "ReferenceModels.Training.Initialization",
            "ReferenceModels.Training.Objectives", "ReferenceModels.Training.Vocabularies",
        ],
        ["Engine.Host.Commands.Validating"] =
        [
            "Engine.Generation", "Engine.Host.Commands", "Engine.Host.Commands.Calibrating", "Engine.Parity", "ReferenceModels.Training.Corpora",
        ],
        ["Engine.Host.Composition"] = ["Engine.LLamaSharp", "Engine.Registry", "Engine.Remote", "ReferenceModels"],
        ["Engine.Host.Service"] = ["Engine.Api.Service", "Engine.Registry"],
        ["Engine.Host.Shadow"] = ["Engine.Host.Commands.Calibrating", "Engine.Parity", "Engine.Shadow"],
        ["Engine.Host.Telemetry"] = ["Engine.Api.Access", "Engine.Api.Service", "Engine.Registry"],
    };

    /// <summary>Rooms that know each other, each pair with its reason. A new pair is a mistake; one that is gone leaves the list.</summary>
    private static readonly (string, string)[] Circles =
    [
        // A room and its inner part: GgufPreflight runs the checks, which read the file; SentencePieceBpe merges by scores of its Vocabulary.
        ("Engine.Gguf", "Engine.Gguf.Preflight"),
        ("Engine.Tokenizers", "Engine.Tokenizers.Merging"),
        // EngineChild and ChildProgram are public, and a process of a model serves it by RemoteEngineBuilder, which registers the backend that starts one.
        ("Engine.Remote", "Engine.Remote.Isolation"),
    ];

    /// <summary>Names that types of two rooms share: llama.h's functions, and the model of the paper.</summary>
    private static readonly string[] Shared = ["Llama"];

    private readonly IReadOnlyList<ModuleDefinition> _modules = product.Modules;
    private readonly Arrows _arrows = product.Arrows;

    [Fact]
    public void Every_room_knows_exactly_what_the_table_says()
    {
        HashSet<string> rooms = [.. _modules.SelectMany(m => m.GetTypes()).Select(Arrows.Room).OfType<string>()];
        (string From, string To)[] drawn = [.. Table.SelectMany(row => row.Value.Select(to => (row.Key, to)))];

        Assert.Equal(Table.Keys.Where(IsBuilt).Order(StringComparer.Ordinal), rooms.Order(StringComparer.Ordinal));
        Assert.Empty(_arrows.All.Where(a => a.To != Contract).Except(drawn).Select(a => $"{a.From} must not know {a.To}: {_arrows.Examples(a)}"));
        Assert.Empty(drawn.Where(a => IsBuilt(a.From) && IsBuilt(a.To)).Except(_arrows.All).Select(a => $"{a.From} does not know {a.To}: take it out of the table"));
    }

    [Fact]
    public void The_contract_is_an_assembly_of_its_own_which_knows_no_package()
    {
        ModuleDefinition contract = _modules.Single(module => module.Assembly.Name.Name == "Engine.Abstractions");
        Assert.All(contract.GetTypes().Select(Arrows.Room).OfType<string>(), room => Assert.Equal(Contract, room));
        Assert.All(contract.AssemblyReferences, reference => Assert.StartsWith("System.", reference.Name, StringComparison.Ordinal));
        Assert.DoesNotContain(Contract, _modules.Where(module => module != contract).SelectMany(module => module.GetTypes()).Select(Arrows.Room));
    }

    [Fact]
    public void The_contract_knows_no_room() => Assert.Empty(_arrows.All.Where(a => a.From == Contract).Select(a => $"{a.To}: {_arrows.Examples(a)}"));

    [Fact]
    public void No_two_rooms_know_each_other_except_the_listed_ones()
    {
        var mutual = Table.SelectMany(row => row.Value.Where(to => Table[to].Contains(row.Key) && string.CompareOrdinal(row.Key, to) < 0).Select(to => (row.Key, to)));
        Assert.Equal(Circles.Order(), mutual.Order());
    }

    [Fact]
    public void Assemblies_point_only_from_Host_to_the_backends_to_Engine()
    {
        var allowed = new Dictionary<string, string[]>
        {
            ["Engine.Abstractions"] = [],
            ["Engine"] = ["Engine.Abstractions"],
            ["ReferenceModels"] = ["Engine", "Engine.Abstractions"],
            ["Engine.LLamaSharp"] = ["Engine", "Engine.Abstractions"],
            ["Engine.Api"] = ["Engine", "Engine.Abstractions"],
            ["Engine.Remote"] = ["Engine", "Engine.Abstractions"],
            // An app host starts the program; it has nothing of its libraries.
            ["Engine.Aspire.Hosting"] = [],
            ["Engine.Host"] = ["Engine", "Engine.Abstractions", "Engine.Api", "Engine.LLamaSharp", "Engine.Remote", "ReferenceModels"],
        };
        foreach (ModuleDefinition module in _modules)
        {
            string name = module.Assembly.Name.Name;
            Assert.Equal(allowed[name].Where(IsBuilt), References(module, [.. allowed.Keys]).Order(StringComparer.Ordinal));
        }
    }

    [Fact]
    public void No_two_types_share_a_name()
    {
        IEnumerable<string> shared = Types().GroupBy(Name).Where(same => same.Select(Arrows.Room).Distinct().Count() > 1)
            .Select(same => same.Key);
        Assert.Equal(Shared, shared.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void No_nested_type_hides_a_type_of_its_room()
    {
        HashSet<string> names = [.. Types().Select(type => $"{type.Namespace}.{Name(type)}")];
        Assert.Empty(Types().SelectMany(Nested).Where(type => names.Contains($"{Arrows.Room(type)}.{Name(type)}")).Select(type => type.FullName));
    }

    [Fact]
    public void Native_imports_are_only_in_Interop()
    {
        var imports = _modules.SelectMany(m => m.GetTypes()).SelectMany(t => t.Methods).Where(m => m.IsPInvokeImpl).ToList();
        Assert.NotEmpty(imports);
        Assert.Empty(imports.Where(m => Arrows.Room(m.DeclaringType) != Interop).Select(m => m.FullName));
    }

    private bool IsBuilt(string roomOrAssembly) =>
        _modules.Any(m => m.Assembly.Name.Name == "Engine.LLamaSharp") || !(roomOrAssembly + ".").StartsWith("Engine.LLamaSharp.", StringComparison.Ordinal);

    /// <summary>Those that stand in a room themselves, not in another type.</summary>
    private IEnumerable<TypeDefinition> Types() => _modules.SelectMany(module => module.Types).Where(type => Arrows.Room(type) is not null);

    private static IEnumerable<TypeDefinition> Nested(TypeDefinition type) => type.NestedTypes.SelectMany(inner => Nested(inner).Prepend(inner));

    /// <summary>Without the number of type parameters.</summary>
    private static string Name(TypeDefinition type) => type.Name.Split('`')[0];

    private static IEnumerable<string> References(ModuleDefinition module, params string[] names) =>
        module.AssemblyReferences.Select(r => r.Name).Where(names.Contains);
}
