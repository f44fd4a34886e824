using System.CommandLine;
using Engine.Host.Commands;
using Engine.Host.Commands.Completion;
using Microsoft.Extensions.Options;

namespace Engine.Host;

/// <summary>Runs one command line and turns any outcome into a message and an exit code.</summary>
internal static class CommandLine
{
    /// <summary>Shows the details of errors, as --verbose does; for errors that occur before the options are read.</summary>
    private const string DebugVariable = "ENGINE_DEBUG";

    public static async Task<int> RunAsync(string[] args)
    {
        // Before anything else: until then Ctrl-C kills the process.
        using var interruption = new Interruption();
        TextWriter output = StandardOutput.Open();
        Console.SetOut(output);
        Console.SetError(StandardError.Instance);
        // Many users type "engine help generate" first.
        IReadOnlyList<string> words = args is ["help", .. string[] verb] ? [.. verb, "--help"] : args;
        ParseResult parsed = EngineCommand.Parse(words);
        try
        {
            if (CompletionCommand.IsAsked(words))
            {
                CompletionCommand.Answer(words, EngineCommand.Parse, output);
                return ExitCode.Pass;
            }
            if (Mistakes.Describe(parsed) is { } mistake)
            {
                return Refuse(mistake);
            }
            var asked = parsed.CommandResult.Command as Verb;
            Task<int> running = Task.Run(() => InvokeAsync(parsed, output, interruption));
            // Work that does not stop in time is abandoned: its threads end with the process.
            Task first = await Task.WhenAny(running, interruption.OverdueAsync(() => asked?.StopsWithin)).ConfigureAwait(false);
            return first == running ? await running.ConfigureAwait(false) : Stopped(parsed);
        }
        catch (OutputClosedException)
        {
            return ExitCode.OutputClosed;
        }
        catch (NativeLibraryException e)
        {
            // The engine's messages name configuration keys; on the command line they are options.
            return Refuse(e.Message.Replace(nameof(ModelOptions.LibraryPath), "--library", StringComparison.Ordinal), parsed, e);
        }
        catch (Exception e) when (e is EngineException or OptionsValidationException)
        {
            return Refuse(e.Message, parsed, e);
        }
        catch (Exception e) when (SystemRefusal.Is(e.GetBaseException()))
        {
            return Refuse($"Reading or writing {SystemRefusal.PathOf(e.GetBaseException())}: {SystemRefusal.Describe(e.GetBaseException())}. Check the paths of the command.", parsed, e);
        }
#pragma warning disable CA1031 // The last resort: a user never sees a stack trace without asking for it.
        catch (Exception e)
#pragma warning restore CA1031
        {
            Exception cause = e.GetBaseException();
            string what = cause.Message.ReplaceLineEndings(" ");
            return Refuse(Details(parsed) ? what : $"Unexpected failure: {what} Run it again with --verbose for the details.", parsed, e);
        }
    }

    private static async Task<int> InvokeAsync(ParseResult parsed, TextWriter output, Interruption interruption)
    {
        var configuration = new VerbInvocation(interruption)
        {
            EnableDefaultExceptionHandler = false,
            ProcessTerminationTimeout = null,
            Output = output,
            Error = Console.Error,
        };
        try
        {
            return await parsed.InvokeAsync(configuration, interruption.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (interruption.Token.IsCancellationRequested)
        {
            return Stopped(parsed);
        }
    }

    private static int Stopped(ParseResult parsed)
    {
        StandardError.Instance.EndProgress();
        Console.Error.WriteLine((parsed.CommandResult.Command as Verb)?.WhenStopped ?? "Stopped.");
        return ExitCode.Cancelled;
    }

    private static int Refuse(string sentence, ParseResult? parsed = null, Exception? exception = null)
    {
        Console.Error.WriteLine(sentence);
        if (exception is not null && Details(parsed!))
        {
            for (Exception? e = exception; e is not null; e = e.InnerException)
            {
                Console.Error.WriteLine($"{e.GetType()}: {e.Message}\n{e.StackTrace}");
            }
        }
        return ExitCode.Unusable;
    }

    private static bool Details(ParseResult parsed) =>
        parsed.GetValue(CommandPath.Verbose) || Environment.GetEnvironmentVariable(DebugVariable) is { Length: > 0 };
}
