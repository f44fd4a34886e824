using System.Text.Json.Nodes;
using Engine.HuggingFace;

namespace Engine.Tests.HuggingFace;

/// <summary>Every value of a folder's files in turn is something else: the outcome is a file or a message, and never another exception.</summary>
public sealed class HostileFolderTests : IDisposable
{
    private static readonly string[] Values = ["null", "-1", "2147483647", "1e308", "\"x\"", "[]"];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private string Model => _folder.File("model");

    [Theory]
    [InlineData("LLaMA stretched by YaRN")]
    [InlineData("GPT-2")]
    [InlineData("BERT as a reranker")]
    [InlineData("T5")]
    public void A_configuration(string name)
    {
        HuggingFaceCase.Of(name).Write(Model);
        Assert.InRange(Damage("config.json"), 30, int.MaxValue);
    }

    [Fact]
    public void A_tokenizer()
    {
        HuggingFaceCase.Of("LLaMA").Write(Model);
        TinyTokenizer.Write(Model);
        Assert.InRange(Damage("tokenizer.json"), 30, int.MaxValue);
    }

    [Fact]
    public void A_tokenizers_settings()
    {
        HuggingFaceCase.Of("LLaMA").Write(Model);
        TinyTokenizer.Write(Model);
        File.WriteAllText(Path.Combine(Model, "tokenizer_config.json"), """{"eos_token":{"content":"</s>"},"bos_token":"<s>","tokenizer_class":"LlamaTokenizer","chat_template":[{"name":"default","template":"A"}]}""");
        Damage("tokenizer_config.json", writes: true); // templates are read then
    }

    [Fact]
    public void Generation_settings()
    {
        HuggingFaceCase.Of("LLaMA").Write(Model);
        TinyTokenizer.Write(Model);
        File.WriteAllText(Path.Combine(Model, "generation_config.json"), """{"do_sample":true,"temperature":0.6,"top_k":40,"eos_token_id":[2,3],"suppress_tokens":[4]}""");
        Damage("generation_config.json", writes: true);
    }

    [Fact]
    public void An_index()
    {
        HuggingFaceCase.Of("LLaMA stretched as Llama 3.1").Write(Model);
        Assert.InRange(Damage("model.safetensors.index.json"), 15, int.MaxValue);
    }

    [Fact]
    public void Words_and_merges_of_older_files()
    {
        HuggingFaceCase.Of("GPT-2").Write(Model);
        File.WriteAllText(Path.Combine(Model, "vocab.json"), """{"a":0,"b":1,"ab":2,"<|endoftext|>":3}""");
        File.WriteAllText(Path.Combine(Model, "merges.txt"), "#version: 0.2\na b\n");
        Damage("vocab.json");
    }

    /// <summary>Returns how many of the changed files were refused.</summary>
    private int Damage(string name, bool writes = false)
    {
        string path = Path.Combine(Model, name);
        string whole = File.ReadAllText(path);
        Assert.Null(Refusal(writes: true)); // or nothing is proved
        int refused = 0;
        foreach (string where in Places(JsonNode.Parse(whole)!, ""))
        {
            foreach (string value in Values)
            {
                JsonNode file = JsonNode.Parse(whole)!;
                Replace(file, where.Split('\n', StringSplitOptions.RemoveEmptyEntries), value);
                File.WriteAllText(path, file.ToJsonString());
                refused += Refusal(writes) is null ? 0 : 1;
            }
        }
        return refused;
    }

    private string? Refusal(bool writes)
    {
        try
        {
            using ModelImport import = ModelImport.Open(Model);
            if (writes)
            {
                import.Write(_folder.File("out.gguf"));
            }
            return null;
        }
        catch (ModelFileException e)
        {
            return e.Message;
        }
    }

    private static IEnumerable<string> Places(JsonNode? node, string at) => (node switch
    {
        JsonObject fields => fields.SelectMany(field => Places(field.Value, $"{at}\n{field.Key}")),
        JsonArray items => items.SelectMany((item, i) => Places(item, $"{at}\n{i}")),
        _ => [],
    }).Prepend(at).Where(place => place.Length > 0);

    private static void Replace(JsonNode file, string[] where, string value)
    {
        JsonNode parent = where[..^1].Aggregate(file, (node, part) => node is JsonArray items ? items[int.Parse(part, null)]! : node[part]!);
        if (parent is JsonArray array)
        {
            array[int.Parse(where[^1], null)] = JsonNode.Parse(value);
        }
        else
        {
            parent[where[^1]] = JsonNode.Parse(value);
        }
    }
}
