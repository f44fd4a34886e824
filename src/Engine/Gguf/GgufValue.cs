using System.Text;

namespace Engine.Gguf;

/// <summary>One metadata value as stored in the file.</summary>
public sealed class GgufValue
{
    private readonly object _value;

    private GgufValue(GgufValueType type, GgufValueType? elementType, object value) =>
        (Type, ElementType, _value) = (type, elementType, value);

    /// <summary>The value's type.</summary>
    public GgufValueType Type { get; }

    /// <summary>The type of an array's elements; null for a single value.</summary>
    public GgufValueType? ElementType { get; }

    /// <summary>The value in .NET's types: a number, a bool, a string, an array of numbers or bools, or <see cref="GgufStrings"/>.</summary>
    /// <remarks>Use <see cref="ElementType"/> to tell what an array contains: to the CLR, a boxed <c>int[]</c> is also a <c>uint[]</c>, and a
    /// <c>sbyte[]</c> a <c>byte[]</c>.</remarks>
    public object Value => Type == GgufValueType.String ? Encoding.UTF8.GetString((byte[])_value) : _value;

    /// <summary>The number of elements of an array; 1 for a single value.</summary>
    public int Count => _value switch
    {
        GgufStrings strings => strings.Count,
        Array array when Type == GgufValueType.Array => array.Length,
        _ => 1,
    };

    /// <summary>The elements of an array of exactly this type; null for any other value.</summary>
    internal T[]? ArrayOf<T>() where T : unmanaged => ElementType is { } type && type == TypeOf<T>() ? (T[])_value : null;

    /// <summary>The bytes of a single string.</summary>
    internal ReadOnlySpan<byte> StringBytes => (byte[])_value;

    /// <summary>A single string.</summary>
    public static GgufValue FromString(string value) => FromString(Encoding.UTF8.GetBytes(value));

    /// <summary>A single number or bool, whose .NET type determines the type in the file.</summary>
    /// <exception cref="ArgumentException">The format has no such type.</exception>
    public static GgufValue FromScalar<T>(T value) where T : unmanaged => new(TypeOf<T>(), null, value);

    /// <summary>An array of numbers or bools.</summary>
    /// <exception cref="ArgumentException">The format has no such type.</exception>
    public static GgufValue FromArray<T>(T[] values) where T : unmanaged => new(GgufValueType.Array, TypeOf<T>(), values);

    /// <summary>An array of strings.</summary>
    public static GgufValue FromStrings(GgufStrings values) => new(GgufValueType.Array, GgufValueType.String, values);

    internal static GgufValue FromString(byte[] utf8) => new(GgufValueType.String, null, utf8);

    /// <summary>The number of bytes of a value of fixed size; 0 for strings and arrays.</summary>
    internal static int SizeOf(GgufValueType type) => type switch
    {
        GgufValueType.UInt8 or GgufValueType.Int8 or GgufValueType.Bool => 1,
        GgufValueType.UInt16 or GgufValueType.Int16 => 2,
        GgufValueType.UInt32 or GgufValueType.Int32 or GgufValueType.Float32 => 4,
        GgufValueType.UInt64 or GgufValueType.Int64 or GgufValueType.Float64 => 8,
        _ => 0,
    };

    private static GgufValueType TypeOf<T>() => typeof(T) switch
    {
        Type t when t == typeof(byte) => GgufValueType.UInt8,
        Type t when t == typeof(sbyte) => GgufValueType.Int8,
        Type t when t == typeof(ushort) => GgufValueType.UInt16,
        Type t when t == typeof(short) => GgufValueType.Int16,
        Type t when t == typeof(uint) => GgufValueType.UInt32,
        Type t when t == typeof(int) => GgufValueType.Int32,
        Type t when t == typeof(float) => GgufValueType.Float32,
        Type t when t == typeof(bool) => GgufValueType.Bool,
        Type t when t == typeof(ulong) => GgufValueType.UInt64,
        Type t when t == typeof(long) => GgufValueType.Int64,
        Type t when t == typeof(double) => GgufValueType.Float64,
        _ => throw new ArgumentException($"A GGUF file has no metadata of the type {typeof(T).Name}."),
    };
}
