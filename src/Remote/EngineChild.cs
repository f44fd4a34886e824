using Engine.Registry;
using Engine.Remote.Isolation;

namespace Engine.Remote;

/// <summary>Lets a program run models in processes of their own (<see cref="Engine.Isolation.Process"/>): the program is started once more for each, to run that model and nothing else.</summary>
public static class EngineChild
{
    /// <summary>The argument by which a program is asked to run a model.</summary>
    public const string Argument = "engine-child";

    private static ChildProgram? _own;

    /// <summary>This program, once it has shown that it supports this.</summary>
    internal static ChildProgram? Own => Volatile.Read(ref _own);

    /// <summary>Runs a model if this process was started for one; otherwise returns null at once. The first line of a program:
    /// <c>if (await EngineChild.RunIfAskedAsync(args, engine =&gt; engine.AddReferenceModels()) is { } exitCode) return exitCode;</c></summary>
    /// <param name="args">The program's arguments.</param>
    /// <param name="addBackends">Adds the backends that models may name, beside <c>llama.cpp</c>: the same that the program adds after <c>AddEngine()</c>.</param>
    /// <returns>The exit code, when the program that started this process has ended or no longer needs the model; null if the process was not started for a model.</returns>
    public static async Task<int?> RunIfAskedAsync(string[] args, Action<EngineBuilder> addBackends)
    {
        ArgumentNullException.ThrowIfNull(args);
        ArgumentNullException.ThrowIfNull(addBackends);
        if (args is not [Argument])
        {
            Volatile.Write(ref _own, ChildProgram.Own(Argument));
            return null;
        }
        return await ChildHost.RunAsync(addBackends).ConfigureAwait(false);
    }
}
