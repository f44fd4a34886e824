using Engine.LlamaCpp.Interop;
using Engine.Parity;

namespace Engine.Host.Commands;

/// <summary>The width of the terminals.</summary>
internal static class Screen
{
    /// <summary>Columns of the terminal that standard output goes to; null if it goes elsewhere.</summary>
    public static int? OutputWidth => Console.IsOutputRedirected ? null : Width(1);

    /// <summary>Columns of the terminal that standard error goes to; null if it goes elsewhere.</summary>
    public static int? ErrorWidth => Console.IsErrorRedirected ? null : Width(2);

    /// <summary>Columns of a report: 80, or less on a narrower terminal.</summary>
    public static int ReportWidth => Math.Min(OutputWidth ?? Paragraph.Width, Paragraph.Width);

    private static int Width(int descriptor)
    {
        int columns;
        if (OperatingSystem.IsLinux())
        {
            columns = LibC.IoCtl(descriptor, LibC.WindowSize, out winsize size) == 0 ? size.ws_col : 0;
        }
        else
        {
            columns = Console.WindowWidth;
        }
        return columns > 0 ? columns : Paragraph.Width; // some terminals report no size
    }
}
