using Engine.LlamaCpp.Interop;

namespace Engine.Host.Commands;

/// <summary>Standard input as a text, for a verb that is given no text, or <c>-</c> in place of it.</summary>
internal static class StandardInput
{
    /// <summary>Its name on the command line.</summary>
    public const string Name = "-";

    /// <summary>For the help of a text's argument.</summary>
    public const string Help = "Without it, or with -, the text is read from standard input, less one line end at its end.";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <summary>The text given, or that of standard input.</summary>
    /// <param name="given">The argument; null if there is none.</param>
    /// <param name="cancellationToken">Cancels the waiting for a pipe.</param>
    /// <returns>Null if none is given and standard input is a terminal, closed, or empty.</returns>
    /// <exception cref="InvalidRequestException">It cannot be read, or is not UTF-8.</exception>
    public static async Task<string?> TextOrReadAsync(string? given, CancellationToken cancellationToken)
    {
        if (given is not (null or Name))
        {
            return given;
        }
        if (IsClosed())
        {
            return null;
        }
        if (!Console.IsInputRedirected)
        {
            if (given is null)
            {
                return null;
            }
            Console.Error.WriteLine("Reading the text from the terminal; Ctrl-D at the beginning of a line ends it.");
        }
        Task<string> reading = TextFile.ReadAsync(Name, cancellationToken);
        if (Console.IsInputRedirected && await Task.WhenAny(reading, Task.Delay(Patience, cancellationToken)).ConfigureAwait(false) != reading && !cancellationToken.IsCancellationRequested)
        {
            Console.Error.WriteLine("Waiting for a text on standard input.");
        }
        string text = await reading.ConfigureAwait(false);
        text = text.EndsWith("\r\n", StringComparison.Ordinal) ? text[..^2] : text.EndsWith('\n') ? text[..^1] : text;
        return text.Length > 0 ? text : null;
    }

    /// <summary>Whether there is no standard input.</summary>
    // Files that this process opened have the flag, inherited ones do not: if standard input was closed at start, the
    // runtime has opened its own file in its place.
    public static bool IsClosed() => OperatingSystem.IsLinux() && (LibC.FCntl(0, LibC.DescriptorFlags) & LibC.ClosesOnExec) != 0;
}
