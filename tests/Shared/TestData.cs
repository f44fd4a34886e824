namespace Tests.Shared;

/// <summary>Third-party weights and vocabularies in the repository: <c>tests/Data</c>, whose README says where each
/// comes from. A test that needs no other file runs in every clone.</summary>
internal static class TestData
{
    /// <summary>Path of a file of real weights, or of numbers about them.</summary>
    public static string Model(string name) => Existing("models", name);

    /// <summary>Path of a real vocabulary, or of texts and ids about it.</summary>
    public static string Vocabulary(string name) => Existing("vocab", name);

    private static string Existing(string folder, string name)
    {
        string path = Path.Combine(SharedFolder.Checkout, "tests", "Data", folder, name);
        return File.Exists(path) ? path : throw new FileNotFoundException($"The tests need tests/Data/{folder}/{name}, which is part of the repository.", path);
    }
}
