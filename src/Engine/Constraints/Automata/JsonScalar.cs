using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace Engine.Constraints.Automata;

/// <summary>Writes values as the text by which they are compared: a string as a quote and its content, anything else as its JSON.</summary>
internal static class JsonScalar
{
    /// <summary>The value at the end of the bytes.</summary>
    public static string Last(List<byte> written, bool isString)
    {
        ReadOnlySpan<byte> bytes = CollectionsMarshal.AsSpan(written);
        int at = bytes.Length - 1;
        if (!isString)
        {
            while (at >= 0 && (char.IsAsciiLetterOrDigit((char)bytes[at]) || bytes[at] is (byte)'-' or (byte)'+' or (byte)'.'))
            {
                at--;
            }
            return Encoding.UTF8.GetString(bytes[(at + 1)..]);
        }
        do
        {
            at--;
        }
        while (bytes[at] != '"' || Backslashes(bytes[..at]) % 2 == 1);
        return '"' + JsonElement.Parse(bytes[at..]).GetString();
    }

    private static int Backslashes(ReadOnlySpan<byte> bytes)
    {
        int count = 0;
        while (count < bytes.Length && bytes[^(count + 1)] == '\\')
        {
            count++;
        }
        return count;
    }
}
