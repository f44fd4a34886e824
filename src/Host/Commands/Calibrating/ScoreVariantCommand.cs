using System.CommandLine;
using System.Text.Json;
using Engine.LlamaCpp.Direct;
using Engine.Parity;

namespace Engine.Host.Commands.Calibrating;

/// <summary><c>engine score-variant</c>, which users do not see: the child process of a calibration. A process holds one CPU plugin only.</summary>
internal static class ScoreVariantCommand
{
    public const string Name = "score-variant";

    public static Command Create()
    {
        var verb = new Verb(Name, "Computes the rows of one native variant, for a calibration.") { Hidden = true };
        verb.SetAction(RunAsync);
        return verb;
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        using var input = new StreamReader(Console.OpenStandardInput());
        string line = await input.ReadLineAsync(cancellationToken).ConfigureAwait(false) ?? "";
        VariantOrder order = Read(line);
        using var orphaned = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        // The parent keeps standard input open as long as it lives, also where it is killed outright.
        Task parent = input.ReadToEndAsync(orphaned.Token);
        _ = parent.ContinueWith(_ => orphaned.Cancel(), orphaned.Token, TaskContinuationOptions.OnlyOnRanToCompletion, TaskScheduler.Default);
        try
        {
            await ScoreAsync(order, orphaned.Token).ConfigureAwait(false);
            return ExitCode.Pass;
        }
        catch (OperationCanceledException)
        {
            return ExitCode.Cancelled;
        }
    }

    private static async Task ScoreAsync(VariantOrder order, CancellationToken cancellationToken)
    {
        var backend = new LlamaCppBackend { Variant = order.Variant };
        if (order.Variant.InBatch)
        {
            using LlamaCppModel loaded = await backend.LoadFileAsync(order.Options, null, cancellationToken).ConfigureAwait(false);
            await WriteAsync(await BatchedRows.ReadAsync(loaded, order.Inputs, cancellationToken).ConfigureAwait(false)).ConfigureAwait(false);
            return;
        }
        IModel model = await backend.LoadAsync(order.Options, null, cancellationToken).ConfigureAwait(false);
        await using (model.ConfigureAwait(false))
        {
            RowTable table = await RowTable.ReadAsync(
                "the native side", model, order.Inputs, order.Kinds, order.Setting, Arithmetic.Exact, null, cancellationToken).ConfigureAwait(false);
            await WriteAsync(table).ConfigureAwait(false);
        }
    }

    private static async Task WriteAsync(RowTable table)
    {
        // Not the console's writer: rows are bytes.
        await using var output = new BufferedStream(Console.OpenStandardOutput(), 1 << 16);
        await using var writer = new BinaryWriter(output);
        table.Write(writer);
    }

    private static VariantOrder Read(string line)
    {
        try
        {
            return JsonSerializer.Deserialize<VariantOrder>(line) ?? throw new JsonException();
        }
        catch (JsonException)
        {
            throw new InvalidRequestException($"'{EngineCommand.Name} {Name}' is a part of '{EngineCommand.Name} validate --calibrate' and takes its order from there. Run that.");
        }
    }
}
