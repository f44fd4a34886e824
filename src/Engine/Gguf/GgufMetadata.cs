using System.Runtime.InteropServices;

namespace Engine.Gguf;

/// <summary>The key–value pairs of a file. A getter returns null if the key is absent and refuses a value of another
/// type, as llama.cpp does.</summary>
public sealed class GgufMetadata
{
    private readonly OrderedDictionary<string, GgufValue> _entries;
    private readonly string _fileName;

    internal GgufMetadata(OrderedDictionary<string, GgufValue> entries, string fileName) => (_entries, _fileName) = (entries, fileName);

    /// <summary>The keys in the order of the file.</summary>
    public IReadOnlyList<string> Keys => _entries.Keys;

    /// <summary>The value of a key, or null.</summary>
    public GgufValue? this[string key] => _entries.GetValueOrDefault(key);

    /// <summary>A string.</summary>
    /// <exception cref="ModelFileException">The value is of another type.</exception>
    public string? GetString(string key) => (string?)Single(key, GgufValueType.String);

    /// <summary>A u32.</summary>
    /// <exception cref="ModelFileException">The value is of another type.</exception>
    public uint? GetUInt32(string key) => (uint?)Single(key, GgufValueType.UInt32);

    /// <summary>A u16.</summary>
    /// <exception cref="ModelFileException">The value is of another type.</exception>
    public ushort? GetUInt16(string key) => (ushort?)Single(key, GgufValueType.UInt16);

    /// <summary>An i32.</summary>
    /// <exception cref="ModelFileException">The value is of another type.</exception>
    public int? GetInt32(string key) => (int?)Single(key, GgufValueType.Int32);

    /// <summary>An f32.</summary>
    /// <exception cref="ModelFileException">The value is of another type.</exception>
    public float? GetFloat32(string key) => (float?)Single(key, GgufValueType.Float32);

    /// <summary>A bool.</summary>
    /// <exception cref="ModelFileException">The value is of another type.</exception>
    public bool? GetBool(string key) => (bool?)Single(key, GgufValueType.Bool);

    /// <summary>An array of strings.</summary>
    /// <exception cref="ModelFileException">The value is of another type.</exception>
    public GgufStrings? GetStrings(string key) => (GgufStrings?)ArrayOf(key, GgufValueType.String)?.Value;

    /// <summary>An array of f32.</summary>
    /// <exception cref="ModelFileException">The value is of another type.</exception>
    public IReadOnlyList<float>? GetFloat32s(string key) => ArrayOf(key, GgufValueType.Float32)?.ArrayOf<float>();

    /// <summary>An array of i32, or of u32 that i32 can hold.</summary>
    /// <exception cref="ModelFileException">The value is of another type or too large.</exception>
    public IReadOnlyList<int>? GetInt32s(string key)
    {
        GgufValue? value = ArrayOf(key, GgufValueType.Int32, GgufValueType.UInt32);
        return value?.ArrayOf<uint>() is not { } unsigned ? value?.ArrayOf<int>()
            : unsigned.All(value => value <= int.MaxValue) ? [.. unsigned.Select(value => (int)value)]
            : throw Refuse(key, $"numbers up to {int.MaxValue:N0}", $"{unsigned.Max():N0}");
    }

    /// <summary>An array of bytes, which converters write as u8 or as i8.</summary>
    /// <exception cref="ModelFileException">The value is of another type.</exception>
    internal byte[]? GetBytes(string key)
    {
        GgufValue? value = ArrayOf(key, GgufValueType.UInt8, GgufValueType.Int8);
        return value?.ArrayOf<sbyte>() is { } signed ? [.. MemoryMarshal.AsBytes(signed.AsSpan())] : value?.ArrayOf<byte>();
    }

    /// <summary>A required string.</summary>
    /// <exception cref="ModelFileException">It is absent or of another type.</exception>
    public string RequireString(string key) => GetString(key) ?? throw Refuse(key, "a string", "nothing");

    /// <summary>A required u32.</summary>
    /// <exception cref="ModelFileException">It is absent or of another type.</exception>
    public uint RequireUInt32(string key) => GetUInt32(key) ?? throw Refuse(key, "a u32", "nothing");

    /// <summary>A required f32.</summary>
    /// <exception cref="ModelFileException">It is absent or of another type.</exception>
    public float RequireFloat32(string key) => GetFloat32(key) ?? throw Refuse(key, "an f32", "nothing");

    /// <summary>A required array of strings.</summary>
    /// <exception cref="ModelFileException">It is absent or of another type.</exception>
    public GgufStrings RequireStrings(string key) => GetStrings(key) ?? throw Refuse(key, "an array of strings", "nothing");

    /// <summary>The error for an unexpected value.</summary>
    internal ModelFileException Refuse(string key, string expected, string found, string hint = "Convert the model again.") =>
        new($"Reading metadata '{key}' of '{_fileName}': expected {expected}, found {found}. {hint}");

    private object? Single(string key, GgufValueType type) => this[key] switch
    {
        null => null,
        { } value when value.Type == type => value.Value,
        { } value => throw Refuse(key, $"a value of type {type}", $"one of type {Describe(value)}"),
    };

    private GgufValue? ArrayOf(string key, params ReadOnlySpan<GgufValueType> types)
    {
        GgufValue? value = this[key];
        return value is null || (value.ElementType is { } type && types.Contains(type))
            ? value
            : throw Refuse(key, $"an array of {types[0]}", $"a value of type {Describe(value)}");
    }

    private static string Describe(GgufValue value) => value.ElementType is { } type ? $"array of {type}" : $"{value.Type}";
}
