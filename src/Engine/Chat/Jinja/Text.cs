namespace Engine.Chat.Jinja;

/// <summary>A string of the template language, which remembers which of its characters came from the messages.</summary>
/// <remarks>Python counts code points, .NET UTF-16 units. <see cref="Length"/> and <see cref="Offset"/> count as Python does.</remarks>
internal sealed class Text : IEquatable<Text>
{
    public static readonly Text Empty = new("", []);

    private readonly Run[] _runs;
    private int _length = -1;

    /// <param name="value">Its characters.</param>
    /// <param name="runs">The origin of the characters.</param>
    /// <param name="isSafe">Whether it passed the filter <c>safe</c>.</param>
    public Text(string value, Run[] runs, bool isSafe = false) => (Value, _runs, IsSafe) = (value, runs, isSafe);

    public string Value { get; }

    public IReadOnlyList<Run> Runs => _runs;

    /// <summary>Whether it passed the filter <c>safe</c>. Text appended to it is then escaped for HTML, as in Jinja.</summary>
    public bool IsSafe { get; }

    /// <summary>The number of code points.</summary>
    public int Length => _length >= 0 ? _length : _length = CountCodePoints(Value);

    public bool IsForeign => Array.Exists(_runs, run => run.IsForeign);

    /// <summary>A text that belongs to the template.</summary>
    public static Text Own(string value) => Of(value, isForeign: false);

    public static Text Of(string value, bool isForeign) => value.Length == 0 ? Empty : new(value, [new Run(value.Length, isForeign)]);

    /// <summary>The same text, marked as safe.</summary>
    public Text AsSafe() => new(Value, _runs, isSafe: true);

    /// <summary>A part of it, in UTF-16 units.</summary>
    public Text Slice(int start, int length)
    {
        if (length <= 0)
        {
            return Empty;
        }
        if (length == Value.Length)
        {
            return this;
        }
        var runs = new List<Run>();
        foreach (Run run in _runs)
        {
            int end = Math.Min(run.End, start + length) - start;
            if (end > (runs.Count == 0 ? 0 : runs[^1].End))
            {
                runs.Add(run with { End = end });
            }
        }
        return new Text(Value.Substring(start, length), [.. runs], IsSafe);
    }

    /// <summary>The UTF-16 offset of a code point; <paramref name="codePoint"/> is from 0 to <see cref="Length"/>.</summary>
    public int Offset(int codePoint)
    {
        if (Length == Value.Length)
        {
            return codePoint;
        }
        int offset = 0;
        for (; codePoint > 0; codePoint--)
        {
            offset += char.IsSurrogatePair(Value, offset) ? 2 : 1;
        }
        return offset;
    }

    /// <summary>Each code point as a text.</summary>
    public IEnumerable<Text> CodePoints()
    {
        for (int start = 0; start < Value.Length;)
        {
            int length = start + 1 < Value.Length && char.IsSurrogatePair(Value, start) ? 2 : 1;
            yield return Slice(start, length);
            start += length;
        }
    }

    /// <summary>The text without the given characters at its ends, or without white space if none are given.</summary>
    public Text Strip(string? characters = null, bool left = true, bool right = true)
    {
        int start = 0;
        int end = Value.Length;
        while (left && start < end && Strips(Value[start]))
        {
            start++;
        }
        while (right && end > start && Strips(Value[end - 1]))
        {
            end--;
        }
        return Slice(start, end - start);

        bool Strips(char character) => characters?.Contains(character, StringComparison.Ordinal) ?? IsSpace(character);
    }

    /// <summary>Python's <c>str.isspace</c> for one character: .NET's white space and the four ASCII separators.</summary>
    public static bool IsSpace(char character) => char.IsWhiteSpace(character) || character is >= '\u001C' and <= '\u001F';

    public bool Equals(Text? other) => other is not null && Value == other.Value;

    public override bool Equals(object? obj) => Equals(obj as Text);

    public override int GetHashCode() => Value.GetHashCode(StringComparison.Ordinal);

    public override string ToString() => Value;

    private static int CountCodePoints(string value)
    {
        int count = value.Length;
        for (int i = 0; i + 1 < value.Length; i++)
        {
            if (char.IsSurrogatePair(value[i], value[i + 1]))
            {
                count--;
                i++;
            }
        }
        return count;
    }
}

/// <summary>A run of characters with the same origin.</summary>
/// <param name="End">The index after its last character. It begins where the previous run ends.</param>
/// <param name="IsForeign">Whether it came from the messages, not from the template.</param>
internal readonly record struct Run(int End, bool IsForeign);
