using System.ComponentModel;
using System.Diagnostics;
using System.Text.Json;
using Engine.Parity;

namespace Engine.Host.Commands.Calibrating;

/// <summary>Runs one native variant in a child process of this program.</summary>
internal static class VariantProcess
{
    /// <exception cref="EngineException">The child did not give its rows; its own sentence is in the message.</exception>
    /// <exception cref="OperationCanceledException">The child has been killed then.</exception>
    public static async Task<RowTable> RunAsync(string name, VariantOrder order, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        using Process process = Process.Start(StartInfo()) ?? throw new EngineException($"Measuring {name}: no process could be started.");
        // At once and not when this method gets its turn: after Ctrl-C the whole program ends within moments.
        await using CancellationTokenRegistration stop = cancellationToken.Register(() => Kill(process));
        Task<string> error = process.StandardError.ReadToEndAsync(CancellationToken.None);
        RowTable? table = null;
        try
        {
            await process.StandardInput.WriteLineAsync(JsonSerializer.Serialize(order)).ConfigureAwait(false);
            await process.StandardInput.FlushAsync(cancellationToken).ConfigureAwait(false);
            table = await Task.Run(() => Read(process), cancellationToken).ConfigureAwait(false);
        }
        catch (IOException)
        {
            // It ended before its last row, or before it read its order; what it said is read below.
        }
        await process.WaitForExitAsync(CancellationToken.None).ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
        string said = (await error.ConfigureAwait(false)).Trim().Split('\n')[^1];
        return table ?? throw new EngineException(
            $"Measuring {name}: its process ended with code {process.ExitCode}{(said.Length > 0 ? $": {said}" : ".")}");
    }

    private static RowTable Read(Process process)
    {
        using var reader = new BinaryReader(new BufferedStream(process.StandardOutput.BaseStream, 1 << 16));
        return RowTable.Read(reader);
    }

    private static ProcessStartInfo StartInfo()
    {
        string program = Environment.ProcessPath!;
        // "dotnet Engine.Host.dll validate …": the runtime's own program needs the assembly named.
        bool isRuntime = Path.GetFileNameWithoutExtension(program).Equals("dotnet", StringComparison.OrdinalIgnoreCase);
        string[] arguments = isRuntime ? [Path.Combine(AppContext.BaseDirectory, "Engine.Host.dll"), ScoreVariantCommand.Name] : [ScoreVariantCommand.Name];
        return new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
    }

    private static void Kill(Process process)
    {
        try
        {
            process.Kill(); // it has no children, and looking for some takes longer than this program may have
        }
        catch (Exception e) when (e is InvalidOperationException or Win32Exception)
        {
            // It has ended by itself.
            Debug.Assert(process.HasExited);
        }
    }
}
