namespace Tests.Shared;

/// <summary>Weights, vocabularies and numbers made by other people, in the folder <c>shared</c> beside the checkout.
/// They are not part of the project, so a fresh clone may lack them.</summary>
internal static class SharedFolder
{
    /// <summary>Set to 1 where the folder has to be there: a missing file then fails its tests instead of skipping them.</summary>
    public const string RequireVariable = "ENGINE_REQUIRE_SHARED";

    /// <summary>The folder that holds Engine.sln.</summary>
    public static string Checkout { get; } = FindCheckout();

    /// <summary>Where the folder is looked for.</summary>
    public static string Path { get; } = System.IO.Path.GetFullPath(System.IO.Path.Combine(Checkout, "..", "shared"));

    /// <summary>Null where the tests can run, else why they are skipped.</summary>
    public static string? SkipReason { get; } =
        Directory.Exists(System.IO.Path.Combine(Path, "models")) || Environment.GetEnvironmentVariable(RequireVariable) == "1"
            ? null
            : "Needs the weights of other people in ../shared/models beside the checkout; the folder is absent.";

    /// <summary>Path of a file of real weights, or of numbers about them.</summary>
    public static string Model(string name) => Existing("models", name);

    /// <summary>Path of a real vocabulary, or of texts and ids about it.</summary>
    public static string Vocabulary(string name) => Existing("vocab", name);

    private static string Existing(string folder, string name)
    {
        string path = System.IO.Path.Combine(Path, folder, name);
        return File.Exists(path) ? path : throw new FileNotFoundException($"The tests need ../shared/{folder}/{name} beside the checkout.", path);
    }

    private static string FindCheckout()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(System.IO.Path.Combine(folder.FullName, "Engine.sln")))
            {
                return folder.FullName;
            }
        }
        throw new DirectoryNotFoundException($"No folder above {AppContext.BaseDirectory} holds Engine.sln.");
    }
}
