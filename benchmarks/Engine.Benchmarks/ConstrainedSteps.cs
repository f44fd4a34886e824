using System.Diagnostics;
using System.Globalization;
using Engine.LlamaCpp.Direct;

namespace Engine.Benchmarks;

/// <summary>What constraints cost where requests share a model: eight answers at once that a JSON schema keeps, against eight free ones of as many tokens, in turns.</summary>
internal static class ConstrainedSteps
{
    private const int Requests = 8, Tokens = 32, Rounds = 5;

    // Of a kind that programs ask for, and never complete within the tokens: each step of each request has a mask.
    private const string Schema = """
        {"type":"object","required":["title","people","when","lines"],"additionalProperties":false,"properties":{
          "title":{"type":"string","minLength":1,"maxLength":80},
          "people":{"type":"array","minItems":2,"items":{"type":"object","required":["name","age","mail"],"properties":{
            "name":{"type":"string","pattern":"^[A-Z][a-z]+ [A-Z][a-z]+$"},"age":{"type":"integer","minimum":0,"maximum":130},"mail":{"type":"string","format":"email"}}}},
          "when":{"type":"string","format":"date-time"},
          "lines":{"type":"array","minItems":3,"items":{"anyOf":[{"type":"number"},{"type":"string"},{"enum":["none",null]}]}}}}
        """;

    /// <param name="path">The model's file.</param>
    public static async Task RunAsync(string path)
    {
        var options = new ModelOptions { Path = path, Device = "cpu", ContextLength = 256, Slots = Requests };
        await using IModel model = await new LlamaCppBackend().LoadAsync(options).ConfigureAwait(false);
        var schema = new JsonSchemaConstraint(Schema);
        await RunAsync(model, schema).ConfigureAwait(false); // makes the vocabulary ready
        var ratios = new List<double>();
        for (int round = 0; round < Rounds; round++)
        {
            double free = await RunAsync(model, null).ConfigureAwait(false), kept = await RunAsync(model, schema).ConfigureAwait(false);
            ratios.Add(kept / free);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{Requests} at once: free {free:F2} s, under a schema {kept:F2} s, ratio {kept / free:F3}"));
        }
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"median ratio {ratios.Order().ElementAt(Rounds / 2):F3}"));
    }

    private static async Task<double> RunAsync(IModel model, Constraint? constraint)
    {
        long start = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, Requests).Select(i => Task.Run(async () =>
        {
            var request = new GenerateRequest
            {
                Prompt = Prompt.FromTokens([1 + i, 6, 7, 8]),
                MaxTokens = Tokens,
                Sampling = new SamplingOptions { Temperature = 0.8f, Seed = (ulong)i },
                IgnoreEndOfGeneration = true,
                Constraint = constraint,
            };
            int tokens = await model.GenerateAsync(request).CountAsync().ConfigureAwait(false);
            if (tokens != Tokens)
            {
                throw new InvalidOperationException($"An answer had {tokens} tokens instead of {Tokens}, so that the two sides cannot be compared.");
            }
        }))).ConfigureAwait(false);
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }
}
