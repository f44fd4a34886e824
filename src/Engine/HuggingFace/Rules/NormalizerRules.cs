using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Engine.HuggingFace.Vocabularies;
using Engine.Tokenizers;
using Engine.Tokenizers.Unicode;

namespace Engine.HuggingFace.Rules;

/// <summary>Runs the normalizers of a tokenizer.json.</summary>
internal static class NormalizerRules
{
    /// <summary>The function that a step applies to a text.</summary>
    public static Func<string, string> Of(JsonElement step)
    {
        switch (TokenizerParts.Type(step))
        {
            case "NFC": return Compose;
            case "Prepend":
                string prefix = TokenizerParts.Text(step, "prepend")!;
                return text => prefix + text;
            case "Replace": return Replace(step);
            case "Strip":
                (bool left, bool right) = (TokenizerParts.Flag(step, "strip_left", absent: true), TokenizerParts.Flag(step, "strip_right", absent: true));
                return text => (left, right) switch
                {
                    (true, true) => text.Trim(),
                    (true, false) => text.TrimStart(),
                    (false, true) => text.TrimEnd(),
                    _ => text,
                };
            case "BertNormalizer":
                bool lowercases = TokenizerParts.Flag(step, "lowercase", absent: true), strips = TokenizerParts.Flag(step, "strip_accents", absent: lowercases);
                return text => Spell(BertNormalizer.Normalize(Encoding.UTF8.GetBytes(text), strips, lowercases));
            case "Precompiled":
                PrecompiledCharacterMap map = PrecompiledCharacterMap.Read(Convert.FromBase64String(TokenizerParts.Text(step, "precompiled_charsmap")!));
                return text => Map(text, map);
            default: throw TokenizerParts.Refuse("normalizer", step, "a step that can be imported");
        }
    }

    private static Func<string, string> Replace(JsonElement step)
    {
        (string? literal, string? pattern) = TokenizerParts.Pattern(step);
        string content = TokenizerParts.Text(step, "content")!;
        if (literal is not null)
        {
            return text => text.Replace(literal, content, StringComparison.Ordinal);
        }
        var regex = new Regex(pattern!, RegexOptions.CultureInvariant, TimeSpan.FromSeconds(5));
        return text => regex.Replace(text, content.Replace("$", "$$", StringComparison.Ordinal));
    }

    private static string Compose(string text)
    {
        List<int> points = [.. text.EnumerateRunes().Select(rune => rune.Value)];
        CanonicalForms.Compose(points);
        return Spell(points);
    }

    private static string Spell(List<int> points) => string.Concat(points.Select(point => new Rune(point).ToString()));

    private static string Map(string text, PrecompiledCharacterMap map)
    {
        ReadOnlySpan<byte> rest = Encoding.UTF8.GetBytes(text);
        var mapped = new List<byte>();
        while (!rest.IsEmpty)
        {
            ReadOnlySpan<byte> replacement = map.Replace(rest, out int length);
            if (length == 0)
            {
                Utf8.Decode(rest, out length);
                replacement = rest[..length];
            }
            mapped.AddRange(replacement);
            rest = rest[length..];
        }
        return Encoding.UTF8.GetString([.. mapped]);
    }
}
