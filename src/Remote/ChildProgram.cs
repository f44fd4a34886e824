using System.Reflection;

namespace Engine.Remote;

/// <summary>The program that models with <see cref="Engine.Isolation.Process"/> run in. Register one to use a program other than the current one,
/// such as an installed <c>engine</c>: <c>services.AddSingleton(new ChildProgram("/opt/engine/engine", ["engine-child"]))</c>.</summary>
/// <param name="Path">Path of the executable.</param>
/// <param name="Arguments">Its arguments. It calls <see cref="EngineChild.RunIfAskedAsync"/> with them.</param>
public sealed record ChildProgram(string Path, IReadOnlyList<string> Arguments)
{
    /// <summary>The current program.</summary>
    internal static ChildProgram Own(string argument)
    {
        string path = Environment.ProcessPath ?? throw new ConfigurationException(
            $"Looking for this program's own executable, to run a model in its own process: the system does not say it. Register a {nameof(ChildProgram)}.");
        // Started as "dotnet program.dll", a program is the runtime's argument.
        bool isRuntime = System.IO.Path.GetFileNameWithoutExtension(path).Equals("dotnet", StringComparison.OrdinalIgnoreCase);
        return new ChildProgram(path, isRuntime && Assembly.GetEntryAssembly()?.Location is { Length: > 0 } assembly ? ["exec", assembly, argument] : [argument]);
    }
}
