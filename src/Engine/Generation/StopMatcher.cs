namespace Engine.Generation;

/// <summary>Looks for one stop text in a stream of characters, one character at a time (Knuth, Morris, Pratt 1977), so that
/// it makes no difference where the text was divided into tokens.</summary>
/// <param name="stop">Not empty.</param>
internal sealed class StopMatcher(string stop)
{
    private readonly int[] _border = Borders(stop);

    /// <summary>The stop text.</summary>
    public string Text => stop;

    /// <summary>The length of the longest beginning of the stop text with which the characters read so far end.</summary>
    public int Matched { get; private set; }

    /// <summary>Whether the characters read so far end with the stop text.</summary>
    public bool Complete => Matched == stop.Length;

    public void Read(char c)
    {
        int matched = Complete ? _border[^1] : Matched;
        while (matched > 0 && stop[matched] != c)
        {
            matched = _border[matched - 1];
        }
        Matched = stop[matched] == c ? matched + 1 : 0;
    }

    // border[i]: length of the longest proper prefix of stop[..(i+1)] that is also its suffix.
    private static int[] Borders(string stop)
    {
        var border = new int[stop.Length];
        int length = 0;
        for (int i = 1; i < stop.Length; i++)
        {
            while (length > 0 && stop[length] != stop[i])
            {
                length = border[length - 1];
            }
            if (stop[length] == stop[i])
            {
                length++;
            }
            border[i] = length;
        }
        return border;
    }
}
