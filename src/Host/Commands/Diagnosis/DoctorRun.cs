using System.Reflection;
using Engine.BuiltIn;
using Engine.Host.Commands.Calibrating;
using Engine.Host.Composition;
using Engine.LlamaCpp.Runtime;

namespace Engine.Host.Commands.Diagnosis;

/// <summary>Checks everything the engine needs, and runs a model on every backend to see whether it answers.</summary>
internal static class DoctorRun
{
    public const string LlamaCpp = "llama.cpp";

    private const string Reference = "reference";
    private const string Text = "Once upon a time";
    private const int Tokens = 8;

    /// <param name="libraryPath">The user's own llama.cpp; null for the one beside the program.</param>
    /// <param name="verbose">Whether the log is shown.</param>
    /// <param name="cancellationToken">Cancels it.</param>
    public static async Task<DoctorReport> RunAsync(string? libraryPath, bool verbose, CancellationToken cancellationToken)
    {
        Machine machine = Machine.Read();
        var native = NativeChecks.Run(libraryPath, machine);
        List<DoctorCheck> checks = [Models()];
        if (checks[0].State == CheckState.Ok)
        {
            await using var backends = new Backends(verbose);
            // In F32 and greedily, two correct engines give the same text.
            var options = new ModelOptions { Path = DefaultModel.FindF32(), Device = "cpu", LibraryPath = libraryPath };
            int[] expected = [];
            checks.Add(await AskAsync(new(Reference, CheckState.Ok, "the managed models"), async () =>
            {
                expected = await AnswerAsync(backends, options with { Backend = Reference }, cancellationToken).ConfigureAwait(false);
                return null;
            }).ConfigureAwait(false));
            checks.Add(await AskAsync(native.Library, async () =>
                Difference(expected, await AnswerAsync(backends, options with { Backend = LlamaCpp }, cancellationToken).ConfigureAwait(false))).ConfigureAwait(false));
            foreach (DoctorCheck kind in native.Kinds)
            {
                // A GPU rounds differently: it must answer, but not with the same text.
                checks.Add(await AskAsync(kind, async () =>
                {
                    _ = await AnswerAsync(backends, options with { Backend = LlamaCpp, Device = kind.Name }, cancellationToken).ConfigureAwait(false);
                    return null;
                }).ConfigureAwait(false));
            }
            if (HostBackends.LLamaSharpVersion is { } version)
            {
                // In a separate process: this one already runs llama.cpp.
                DoctorCheck there = NativeLibraryLocator.RuntimeIdentifier == "linux-arm64"
                    ? new(HostBackends.LLamaSharp, CheckState.Absent, $"LLamaSharp's libraries are left out of programs for linux-arm64; the backend '{LlamaCpp}' runs there")
                    : new(HostBackends.LLamaSharp, CheckState.Ok, $"LLamaSharp {version} with its own llama.cpp, in its own process");
                checks.Add(await AskAsync(there, async () => Difference(expected, await AnswerAsync(
                    backends, options with { Backend = HostBackends.LLamaSharp, LibraryPath = null, Isolation = Isolation.Process }, cancellationToken).ConfigureAwait(false))).ConfigureAwait(false));
            }
        }
        else
        {
            checks.AddRange([native.Library, .. native.Kinds]);
        }
        checks.Add(Calibrations());
        bool healthy = checks.All(check => check.State != CheckState.Missing);
        Assembly program = typeof(DoctorRun).Assembly;
        return new(
            healthy, program.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion, $".NET {Environment.Version}",
            NativeLibraryLocator.RuntimeIdentifier, machine, checks, native.Devices);
    }

    private static DoctorCheck Models()
    {
        try
        {
            _ = DefaultModel.FindF32();
            return new("models", CheckState.Ok, string.Join(", ", BundledModels.Names.Select(name => BundledModels.Scheme + name)));
        }
        catch (ModelFileException e)
        {
            return new("models", CheckState.Missing, e.Message);
        }
    }

    private static DoctorCheck Calibrations()
    {
        try
        {
            CalibrationFolder.RequireWritable(null, []);
            return new("calibrations", CheckState.Ok, $"kept in {CalibrationFolder.OfUser}");
        }
        catch (EngineException e)
        {
            return new("calibrations", CheckState.Absent, e.Message);
        }
    }

    /// <summary>Tries something that was found.</summary>
    /// <param name="there">The check so far.</param>
    /// <param name="ask">Returns what is wrong with the answer, or null.</param>
    private static async Task<DoctorCheck> AskAsync(DoctorCheck there, Func<Task<string?>> ask)
    {
        if (there.State != CheckState.Ok)
        {
            return there;
        }
        try
        {
            return await ask().ConfigureAwait(false) is { } fault
                ? there with { State = CheckState.Missing, Text = $"{there.Text}: {fault}" }
                : there with { Text = $"{there.Text}: answers" };
        }
        catch (EngineException e)
        {
            return there with { State = CheckState.Missing, Text = e.Message };
        }
    }

    private static string? Difference(int[] expected, int[] found) => expected.SequenceEqual(found) ? null
        : $"to '{Text}', {DefaultModelName} should answer the tokens {string.Join(' ', expected)}, as the reference does, and answers {string.Join(' ', found)}. "
            + $"'engine validate --model {DefaultModelName} --layers' names the operation that differs";

    private static string DefaultModelName => BundledModels.Scheme + "llama-stories-f32";

    private static async Task<int[]> AnswerAsync(Backends backends, ModelOptions options, CancellationToken cancellationToken)
    {
        await using IModel model = await backends.LoadAsync(options, cancellationToken).ConfigureAwait(false);
        var request = new GenerateRequest { Prompt = Prompt.FromText(Text), MaxTokens = Tokens, Sampling = SamplingOptions.Greedy };
        return await model.GenerateAsync(request, cancellationToken).Select(token => token.Token).ToArrayAsync(cancellationToken).ConfigureAwait(false);
    }
}
