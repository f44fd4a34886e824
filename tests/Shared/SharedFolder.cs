namespace Tests.Shared;

/// <summary>What is too large for the repository: real weights (MiniLM, 90 MB) in the folder <c>shared</c> beside the checkout.
/// A fresh clone lacks it; what is small enough lies in <see cref="TestData"/>.</summary>
internal static class SharedFolder
{
    /// <summary>Set to 1 if the folder must exist: a missing file then fails its tests instead of skipping them.</summary>
    public const string RequireVariable = "ENGINE_REQUIRE_SHARED";

    /// <summary>The folder that holds Engine.sln.</summary>
    public static string Checkout { get; } = FindCheckout();

    /// <summary>Where MiniLM's files are looked for.</summary>
    private static string MiniLmFolder { get; } = Path.GetFullPath(Path.Combine(Checkout, "..", "shared", "models", "minilm"));

    /// <summary>Null if the tests can run, else why they are skipped.</summary>
    public static string? SkipReason { get; } =
        Directory.Exists(MiniLmFolder) || Environment.GetEnvironmentVariable(RequireVariable) == "1"
            ? null
            : "Needs MiniLM's weights in ../shared/models/minilm beside the checkout; the folder is absent.";

    /// <summary>Path of a file of MiniLM's: weights, configuration, vocabulary, expected numbers.</summary>
    public static string MiniLm(string name)
    {
        string path = Path.Combine(MiniLmFolder, name);
        return File.Exists(path) ? path : throw new FileNotFoundException($"The tests need ../shared/models/minilm/{name} beside the checkout.", path);
    }

    /// <summary>Path of a file of third-party schemas: MaskBench, the JSON-Schema-Test-Suite.</summary>
    public static string Schemas(params string[] names)
    {
        string path = Path.GetFullPath(Path.Combine([Checkout, "..", "shared", "schemas", .. names]));
        return Path.Exists(path) ? path : throw new FileNotFoundException($"The tests need ../shared/schemas/{string.Join('/', names)} beside the checkout.", path);
    }

    private static string FindCheckout()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Engine.sln")))
            {
                return folder.FullName;
            }
        }
        throw new DirectoryNotFoundException($"No folder above {AppContext.BaseDirectory} holds Engine.sln.");
    }
}
