namespace Engine.Api.OpenAI.Responses;

/// <summary>The texts of recent answers by the ids of their messages, in memory only. Vercel's AI SDK continues a conversation with the ids
/// of the answers in it in place of their texts, unless it is told that the server stores nothing.</summary>
internal sealed class RecentAnswers
{
    private const int MaxAnswers = 4096;
    private const long MaxCharacters = 16L << 20;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, string> _texts = new(StringComparer.Ordinal);
    private readonly Queue<string> _oldestFirst = [];
    private long _characters;

    /// <summary>Keeps an answer until enough newer ones replace it.</summary>
    /// <param name="id">The id of its message, which cannot be guessed.</param>
    /// <param name="text">Its text.</param>
    public void Keep(string id, string text)
    {
        lock (_lock)
        {
            if (_texts.TryAdd(id, text))
            {
                _oldestFirst.Enqueue(id);
                _characters += text.Length;
            }
            while (_texts.Count > MaxAnswers || _characters > MaxCharacters)
            {
                _texts.Remove(_oldestFirst.Dequeue(), out string? oldest);
                _characters -= oldest!.Length;
            }
        }
    }

    /// <summary>The text of an answer; null if it is not kept.</summary>
    public string? Find(string id)
    {
        lock (_lock)
        {
            return _texts.GetValueOrDefault(id);
        }
    }
}
