using System.Text;
using Engine.Chat.Jinja;

namespace Engine.Chat;

/// <summary>The chat templates that the setting <c>ChatTemplate</c> can name: those of known model families, and files.</summary>
internal static class NamedTemplates
{
    /// <summary>The maximum size in bytes; the longest published template has about 20 KB.</summary>
    private const int LargestFile = 1 << 20;

    private static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);

    /// <summary>The families in alphabetical order. <c>plain</c> writes the messages' texts one after the other, and nothing else.</summary>
    public static IReadOnlyList<string> Families { get; } = ["alpaca", "chatml", "gemma", "llama2", "llama3", "mistral", "phi3", "plain", "vicuna", "zephyr"];

    /// <summary>The possible values of the setting, for messages.</summary>
    public static string Choices => $"the path of a Jinja file, or to the family that the model was trained as ({string.Join(", ", Families)})";

    /// <summary>Whether a setting names a family; otherwise it is a path.</summary>
    public static bool IsFamily(string setting) => Families.Contains(setting, StringComparer.OrdinalIgnoreCase);

    /// <summary>The Jinja text that a setting names.</summary>
    /// <exception cref="ConfigurationException">It does not name a template.</exception>
    public static string Read(string setting) =>
        Find(setting, null, out string? mistake) ?? throw new ConfigurationException($"Reading a chat template: {nameof(ModelOptions.ChatTemplate)} {mistake}");

    /// <summary>What is wrong with a setting, worded to follow its key; null if nothing is.</summary>
    /// <param name="missing">Says where a path was looked for; null if only in one place.</param>
    public static string? Mistake(string setting, Func<string, string>? missing = null)
    {
        Find(setting, missing, out string? mistake);
        return mistake;
    }

    private static string? Find(string setting, Func<string, string>? missing, out string? mistake)
    {
        if (IsFamily(setting))
        {
            mistake = null;
            return Family(setting.ToLowerInvariant());
        }
        string? text = File(setting, missing, out string? fault);
        mistake = fault is null ? null : $"is '{setting}', {fault}";
        return text;
    }

    private static string Family(string name)
    {
        using Stream resource = typeof(NamedTemplates).Assembly.GetManifestResourceStream($"Engine.Chat.Families.{name}.jinja")
            ?? throw new InvalidOperationException($"The assembly has no chat template '{name}'.");
        using var reader = new StreamReader(resource, Strict);
        return reader.ReadToEnd();
    }

    private static string? File(string path, Func<string, string>? missing, out string? fault)
    {
        if (Directory.Exists(path))
        {
            fault = "which is a folder. Set it to a Jinja file in it.";
            return null;
        }
        if (!System.IO.File.Exists(path))
        {
            fault = path.AsSpan().ContainsAny('/', '\\', '.')
                ? $"and {missing?.Invoke(path) ?? "there is no such file."}"
                : Spelling.Nearest(path, Families) is { } nearest ? $"which is neither a family nor a file. Did you mean '{nearest}'?"
                : $"which is neither a family nor a file. Set it to {Choices}.";
            return null;
        }
        try
        {
            string text = Strict.GetString(Bytes(path));
            Template.Parse(text);
            fault = null;
            return text;
        }
        catch (JinjaException e)
        {
            fault = $"and its line {e.Line} is not well-formed Jinja: {e.Message.TrimEnd('.')}. Correct the file.";
        }
        catch (DecoderFallbackException e)
        {
            fault = $"which is not UTF-8: it has the byte 0x{e.BytesUnknown![0]:X2} at offset {e.Index}. Save it as UTF-8.";
        }
        catch (UnauthorizedAccessException)
        {
            fault = "which this user may not read. Change its permissions.";
        }
        catch (Exception e) when (e is IOException or NotSupportedException or ArgumentException)
        {
            fault = $"which cannot be read: {e.Message.TrimEnd('.')}. Check the file.";
        }
        return null;
    }

    /// <exception cref="IOException">It is too long, or cannot be read.</exception>
    private static ReadOnlySpan<byte> Bytes(string path)
    {
        using FileStream stream = System.IO.File.OpenRead(path);
        byte[] bytes = new byte[LargestFile + 1]; // the length of a pipe or device is unknown
        int length = stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        ReadOnlySpan<byte> text = length <= LargestFile ? bytes.AsSpan(0, length) : throw new IOException($"it has more than the {LargestFile >> 20} MiB of the longest template");
        return text.StartsWith(Encoding.UTF8.Preamble) ? text[Encoding.UTF8.Preamble.Length..] : text;
    }
}
