using System.Globalization;
using Engine.LlamaCpp.Runtime;

namespace Engine.Tests.LlamaCpp.Runtime;

public sealed class BackgroundThreadTests
{
    [LinuxFact] // elsewhere it is the framework's own priority
    public void Only_the_thread_that_asks_gives_way()
    {
        int before = Nice(), inside = 0;
        var thread = new Thread(() =>
        {
            BackgroundThread.Begin();
            inside = Nice();
        });
        thread.Start();
        thread.Join();
        Assert.Equal((before, 19), (Nice(), inside));
    }

    /// <summary>The 19th value of a thread's stat, counted from 1; the second is a name in brackets.</summary>
    private static int Nice()
    {
        string stat = File.ReadAllText("/proc/thread-self/stat");
        return int.Parse(stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[16], CultureInfo.InvariantCulture);
    }
}
