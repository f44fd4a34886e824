using System.Diagnostics;
using System.IO.Compression;
using System.Text;
using System.Text.Json;
using Engine.Constraints;
using Engine.Gguf;
using Engine.Tokenizers;

namespace Engine.Benchmarks;

/// <summary>JSON schemas as constraints, in the terms of MaskBench (guidance-ai/jsonschemabench): each schema is made ready, then its instances are
/// led through token by token, a mask before each. On one thread.</summary>
internal static class MaskBench
{
    /// <param name="schemas">Lines of JSON, gzipped or not: name, schema, tests (valid, data).</param>
    /// <param name="vocabulary">A GGUF file with the vocabulary.</param>
    /// <param name="list">Whether each schema that does not pass is listed.</param>
    /// <param name="anyOrder">Whether properties may come in any order, as in instances that MaskBench left as a model had written them.</param>
    public static void Run(string schemas, string vocabulary, bool list, bool anyOrder)
    {
        using GgufFile file = GgufFile.Open(vocabulary);
        ITokenizer tokenizer = FileTokenizer.Read(file.Metadata, file.Metadata.RequireString(GgufKeys.Architecture), TokenizerRule.Native);
        long begin = Stopwatch.GetTimestamp();
        var compiler = new ConstraintCompiler(tokenizer, "the benchmark's vocabulary");
        _ = compiler.Vocabulary;
        Console.WriteLine($"{Path.GetFileName(vocabulary)}: {tokenizer.VocabularySize:N0} tokens, made ready in {Stopwatch.GetElapsedTime(begin).TotalMilliseconds:F0} ms");
        string[] lines = [.. Read(schemas)];
        var warm = new Totals();
        for (int i = 0; i < lines.Length; i += 10)
        {
            Measure(lines[i], compiler, tokenizer, warm, list: false, anyOrder); // so that everything is compiled
        }
        var totals = new Totals();
        // Fresh, so that nothing made ready above is found again.
        compiler = new ConstraintCompiler(tokenizer, "the benchmark's vocabulary");
        _ = compiler.Vocabulary;
        foreach (string line in lines)
        {
            Measure(line, compiler, tokenizer, totals, list, anyOrder);
        }
        totals.Print();
    }

    private static void Measure(string line, ConstraintCompiler compiler, ITokenizer tokenizer, Totals totals, bool list, bool anyOrder)
    {
        using JsonDocument document = JsonDocument.Parse(line, new JsonDocumentOptions { MaxDepth = 512 });
        JsonElement row = document.RootElement;
        string name = row.GetProperty("name").GetString()!;
        totals.Schemas++;
        long begin = Stopwatch.GetTimestamp();
        try
        {
            IConstraint first = compiler.Begin(new JsonSchemaConstraint(row.GetProperty("schema")) { AnyOrder = anyOrder });
            totals.Compile.Add(Stopwatch.GetElapsedTime(begin).TotalMicroseconds);
            bool passes = true;
            foreach (JsonElement test in row.GetProperty("tests").EnumerateArray())
            {
                bool valid = test.GetProperty("valid").GetBoolean();
                string text = PythonJson.Write(test.GetProperty("data"));
                (bool accepted, string stopped) = Lead(first, tokenizer.Encode(text, addSpecial: false), tokenizer, totals);
                if (accepted != valid)
                {
                    passes = false;
                    totals.RejectsValid += valid ? 1 : 0;
                    totals.AcceptsInvalid += valid ? 0 : 1;
                    if (list)
                    {
                        Console.WriteLine($"{name}: {(valid ? "rejects what is valid" : "accepts what is invalid")}: {stopped}");
                    }
                }
                first = compiler.Begin(new JsonSchemaConstraint(row.GetProperty("schema")) { AnyOrder = anyOrder });
            }
            totals.Passing += passes ? 1 : 0;
        }
        catch (InvalidRequestException e)
        {
            totals.Refused++;
            if (list)
            {
                Console.WriteLine($"{name}: refused: {e.Message}");
            }
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            totals.Crashed++;
            Console.WriteLine($"{name}: crashed: {e}");
        }
    }

    private static (bool Accepted, string Stopped) Lead(IConstraint constraint, IReadOnlyList<int> tokens, ITokenizer tokenizer, Totals totals)
    {
        var mask = new ulong[(tokenizer.VocabularySize + 63) / 64];
        for (int i = 0; i < tokens.Count; i++)
        {
            long begin = Stopwatch.GetTimestamp();
            if (i > 0)
            {
                constraint.Accept(tokens[i - 1]);
            }
            constraint.Allow(mask);
            totals.Mask.Add(Stopwatch.GetElapsedTime(begin).TotalMicroseconds);
            if ((mask[tokens[i] >> 6] & (1UL << (tokens[i] & 63))) == 0)
            {
                return (false, tokenizer.Decode(tokens.Take(i)) + " ✗ " + tokenizer.Decode([tokens[i]]));
            }
        }
        constraint.Accept(tokens[^1]);
        return (constraint.MayEnd, tokenizer.Decode(tokens));
    }

    private static IEnumerable<string> Read(string path)
    {
        using Stream stream = File.OpenRead(path);
        using Stream plain = path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase) ? new GZipStream(stream, CompressionMode.Decompress) : stream;
        using var reader = new StreamReader(plain);
        while (reader.ReadLine() is { } line)
        {
            if (line.Length > 0)
            {
                yield return line;
            }
        }
    }

    /// <summary>Microseconds and counts, as MaskBench reports them.</summary>
    private sealed class Totals
    {
        public List<double> Mask { get; } = [];

        public List<double> Compile { get; } = [];

        public int Schemas { get; set; }

        public int Passing { get; set; }

        public int Refused { get; set; }

        public int RejectsValid { get; set; }

        public int AcceptsInvalid { get; set; }

        public int Crashed { get; set; }

        public void Print()
        {
            Print("mask", Mask);
            Print("compile", Compile);
            Console.WriteLine(
                $"{Schemas:N0} schemas: {Passing:N0} passing ({(double)Passing / Schemas:F3}), {Refused:N0} refused; "
                + $"instances rejected though valid {RejectsValid:N0}, accepted though invalid {AcceptsInvalid:N0}; crashed {Crashed:N0}");
        }

        private static void Print(string what, List<double> micros)
        {
            micros.Sort();
            double At(double share) => micros.Count == 0 ? 0 : micros[Math.Min(micros.Count - 1, (int)(share * micros.Count))];
            Console.WriteLine(
                $"{what,-8} {micros.Count,9:N0}   mean {(micros.Count == 0 ? 0 : micros.Average()),8:F1} µs   p50 {At(0.5):F1}   p95 {At(0.95):F1}   p99 {At(0.99):F1}   p99.9 {At(0.999):F1}   max {At(1):F1}");
        }
    }

    /// <summary>JSON as Python's json.dumps writes it, which the published figures were measured with.</summary>
    private static class PythonJson
    {
        public static string Write(JsonElement json)
        {
            var text = new StringBuilder();
            Write(json, text);
            return text.ToString();
        }

        private static void Write(JsonElement json, StringBuilder text)
        {
            switch (json.ValueKind)
            {
                case JsonValueKind.Object:
                    text.Append('{');
                    string before = "";
                    foreach (JsonProperty property in json.EnumerateObject())
                    {
                        text.Append(before);
                        Quote(property.Name, text);
                        text.Append(": ");
                        Write(property.Value, text);
                        before = ", ";
                    }
                    text.Append('}');
                    break;
                case JsonValueKind.Array:
                    text.Append('[');
                    string separator = "";
                    foreach (JsonElement item in json.EnumerateArray())
                    {
                        text.Append(separator);
                        Write(item, text);
                        separator = ", ";
                    }
                    text.Append(']');
                    break;
                case JsonValueKind.String:
                    Quote(json.GetString()!, text);
                    break;
                default:
                    text.Append(json.GetRawText());
                    break;
            }
        }

        private static void Quote(string value, StringBuilder text)
        {
            text.Append('"');
            foreach (char each in value)
            {
                _ = each switch
                {
                    '"' => text.Append("\\\""),
                    '\\' => text.Append("\\\\"),
                    '\n' => text.Append("\\n"),
                    '\r' => text.Append("\\r"),
                    '\t' => text.Append("\\t"),
                    '\b' => text.Append("\\b"),
                    '\f' => text.Append("\\f"),
                    < ' ' => text.Append($"\\u{(int)each:x4}"),
                    _ => text.Append(each),
                };
            }
            text.Append('"');
        }
    }
}
