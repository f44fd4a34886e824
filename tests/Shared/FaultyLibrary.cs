using System.Text;

namespace Tests.Shared;

/// <summary>Copies of a native library that need something no machine has, to see what the loader says then.</summary>
internal static class FaultyLibrary
{
    /// <summary>Copies a file and replaces a text in it, such as the name of a library it needs.</summary>
    /// <param name="from">The library.</param>
    /// <param name="to">Where the copy goes.</param>
    /// <param name="text">ASCII that the file holds.</param>
    /// <param name="replacement">As long as the text.</param>
    public static string Write(string from, string to, string text, string replacement)
    {
        byte[] bytes = File.ReadAllBytes(from), old = Encoding.ASCII.GetBytes(text), replaced = Encoding.ASCII.GetBytes(replacement);
        int places = 0;
        for (int at = 0; bytes.AsSpan(at).IndexOf(old) is >= 0 and var next; places++)
        {
            replaced.CopyTo(bytes, at += next);
            at += replaced.Length;
        }
        if (places == 0 || old.Length != replaced.Length)
        {
            throw new ArgumentException($"{from} does not hold '{text}', or '{replacement}' is longer or shorter.");
        }
        File.WriteAllBytes(to, bytes);
        return to;
    }
}
