using System.Security.Cryptography;
using System.Text;

namespace Engine.Chat.Tools;

/// <summary>Makes ids of calls.</summary>
internal static class ToolCallIds
{
    private const string Letters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    /// <summary>The length that the templates of Mistral's models require.</summary>
    private const int Short = 9;

    /// <summary>A new id, in the manner of OpenAI's API.</summary>
    public static string New() => "call_" + RandomNumberGenerator.GetString(Letters, 24);

    /// <summary>An id of nine letters and digits: the id itself if it is one, otherwise always the same for the same id.</summary>
    public static string Shorten(string id)
    {
        if (id.Length == Short && id.All(char.IsAsciiLetterOrDigit))
        {
            return id;
        }
        byte[] hash = SHA256.HashData(Encoding.UTF8.GetBytes(id));
        return string.Create(Short, hash, (text, bytes) =>
        {
            for (int i = 0; i < text.Length; i++)
            {
                text[i] = Letters[bytes[i] % Letters.Length];
            }
        });
    }
}
