namespace Engine.Host.Tests.Hostile;

/// <summary>Requests on a sound model that would harm a careless process.</summary>
public sealed class HostileRequestTests
{
    private const int Context = SmallModels.Context;

    private static readonly byte[] Sound = SmallModels.Llama().ToBytes();

    private static readonly HostileCase[] Cases =
    [
        Request("an empty prompt", Expected.Harmless, "generate", ""),
        Request("a prompt of blanks", Expected.Harmless, "generate", "   \t\n "),
        Request("a prompt of special tokens' texts", Expected.Harmless, "generate", "<s></s><unk><0x00>"),
        Request("a prompt of emoji and combining marks", Expected.Harmless, "generate", "e\u0301👩‍👩‍👧\u202E"),
        Request("a prompt that is no UTF-8", Expected.Refused, folder => ["generate", "--file", WriteBytes(folder, [0x48, 0xFF, 0xFE, 0x00])]),
        Request("a prompt with NUL characters", Expected.Orderly, folder => ["generate", "--file", WriteBytes(folder, [0x48, 0, 0, 0x48])]),
        Request("a prompt longer than the context", Expected.Refused, "generate", new string('x', 5000)),
        Request("a prompt of a megabyte", Expected.Refused, folder => ["generate", "--file", WriteBytes(folder, [.. Enumerable.Repeat((byte)'e', 1 << 20)])]),
        Request("a megabyte of characters that are no tokens", Expected.Refused, folder => ["generate", "--file", WriteBytes(folder, new byte[1 << 20])]),
        Request("a file without end as the prompt", Expected.Refused, "generate", "--file", "/dev/zero"),
        Request("a folder as the prompt", Expected.Refused, "generate", "--file", "."),
        Request("a token id of -1", Expected.Refused, "generate", "--tokens", "1,-1"),
        Request("a token id beyond the vocabulary", Expected.Refused, "generate", "--tokens", $"1,{SmallModels.Vocabulary}"),
        Request("the largest token id", Expected.Refused, "generate", "--tokens", $"{int.MaxValue}"),
        Request("more token ids than the context holds", Expected.Refused, "generate", "--tokens", string.Join(',', Enumerable.Repeat(5, Context + 1))),
        Request("as many token ids as the context holds", Expected.Orderly, "generate", "--tokens", string.Join(',', Enumerable.Repeat(5, Context))),
        Request("more tokens than the context holds", Expected.Harmless, "generate", "a", "--max-tokens", "100000"),
        Request("an empty stop text", Expected.Refused, "generate", "a", "--stop", ""),
        Request("a thousand stop texts", Expected.Orderly, ["generate", "a", .. Enumerable.Range(0, 1000).SelectMany(i => new[] { "--stop", $"stop{i}" })]),
        Request("a stop text of 100,000 letters", Expected.Harmless, "generate", "a", "--stop", new string('s', 100_000)),
        Request("the largest seed", Expected.Harmless, "generate", "a", "--temperature", "1", "--seed", "18446744073709551615"),
        Request("sampling at every limit", Expected.Harmless, "generate", "a", "--temperature", "100", "--top-k", "2147483647", "--top-p", "0", "--min-p", "1",
            "--repetition-penalty", "100", "--presence-penalty", "100", "--frequency-penalty", "-100"),
        Request("sampling at the other limits", Expected.Harmless, "generate", "a", "--temperature", "0.0000001", "--top-k", "0", "--top-p", "1", "--min-p", "0",
            "--repetition-penalty", "0.01"),
        Request("Mirostat at every limit", Expected.Harmless, "generate", "a", "--mirostat", "1", "--mirostat-tau", "100", "--mirostat-eta", "10", "--temperature", "0.0000001"),
        Request("XTC at every limit, and every sampler ten times", Expected.Harmless, "generate", "a", "--xtc-probability", "1", "--xtc-threshold", "0", "--temperature", "100",
            "--repetition-penalty", "100", "--samplers", string.Join(';', Enumerable.Repeat("temp;penalties;xtc;min_p;top_p;top_k", 10))),
        Request("samplers without end", Expected.Refused, "generate", "a", "--samplers", string.Concat(Enumerable.Repeat("xtc;", 1000))),
        Request("a context that no memory holds", Expected.Orderly, "generate", "a", "--context", "16777216"),
        Request("a context of one token", Expected.Orderly, "generate", "a", "--context", "1"),
        Request("more threads than processors", Expected.Harmless, "generate", "a", "--threads", $"{4 * Environment.ProcessorCount}"),
        Request("the most threads", Expected.Orderly, "generate", "a", "--threads", "512"),
        Request("a device that is not there", Expected.Refused, "generate", "a", "--device", "metal"),
        Request("a backend that is not there", Expected.Refused, "generate", "a", "--backend", "tensorflow"),
        Request("a library that is not there", Expected.Refused, "generate", "a", "--backend", "llama.cpp", "--library", "/nowhere/at/all"),
        Request("a library that is a text", Expected.Refused, folder => ["generate", "a", "--backend", "llama.cpp", "--library", WriteBytes(folder, [.. "no library"u8])]),
        Request("a folder without a library", Expected.Refused, folder => ["generate", "a", "--backend", "llama.cpp", "--library", folder]),
        Request("more of a benchmark than the context holds", Expected.Refused, "bench", "--prompt-tokens", "100", "--generate-tokens", "100"),
        Request("no positions to compare", Expected.Refused, "validate", "--tokens", ","),
        Request("a comparison with another vocabulary", Expected.Refused, folder => ["validate", "--tokens", "1,5", "--reference-model", WriteBytes(folder, SmallModels.Llama()
            .Set("tokenizer.ggml.model", "no_vocab").Set("llama.vocab_size", 100u).Tensor("token_embd.weight", [32, 100]).ToBytes())]),
        new("a model that is not there", Expected.Refused, _ => ["generate", "a", "--model", "nowhere.gguf"]),
        new("a model that is a folder", Expected.Refused, _ => ["generate", "a", "--model", "."]),
        new("a model of no name", Expected.Refused, _ => ["generate", "a", "--model", ""]),
        new("a model of an endless name", Expected.Refused, _ => ["generate", "a", "--model", new string('m', 10_000)]),
        new("a model without end", Expected.Refused, _ => ["generate", "a", "--model", "/dev/zero"]),
        new("a model that is a device", Expected.Refused, _ => ["generate", "a", "--model", "/dev/null"]),
        new("a model that links to itself", Expected.Refused, folder =>
        {
            string link = Path.Combine(folder, "loop.gguf");
            File.CreateSymbolicLink(link, link);
            return ["generate", "a", "--model", link];
        }),
    ];

    // What a request may ask is checked once, above both backends.
    [Fact]
    public Task A_hostile_request_is_refused_with_a_message() => HostileCorpus.CheckAsync(Cases, "llama.cpp");

    private static HostileCase Request(string name, Expected expected, params string[] arguments) => Request(name, expected, _ => arguments);

    private static HostileCase Request(string name, Expected expected, Func<string, string[]> arguments) => new(name, expected, folder =>
    {
        string path = Path.Combine(folder, "model.gguf");
        File.WriteAllBytes(path, Sound);
        string[] words = arguments(folder);
        string[] limits = words[0] == "generate" ? Missing(words, "--max-tokens", "4").Concat(Missing(words, "--temperature", "0")).ToArray() : [];
        return [.. words, "--model", path, .. limits];
    });

    private static string[] Missing(string[] words, string option, string value) => words.Contains(option) ? [] : [option, value];

    private static string WriteBytes(string folder, byte[] bytes)
    {
        string path = Path.Combine(folder, "input");
        File.WriteAllBytes(path, bytes);
        return path;
    }
}
