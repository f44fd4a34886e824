using System.Text.Json;
using Engine;
using Engine.BuiltIn;
using Engine.Gguf;
using Engine.HuggingFace;
using Engine.HuggingFace.Exporting;
using Engine.HuggingFace.Rules;
using Engine.Tokenizers;
using ReferenceModels.HuggingFace;
using ReferenceModels.Training.Initialization;

namespace ReferenceModels.Tests.HuggingFace;

/// <summary>Models trained here go to transformers and come back: every weight bit for bit, every id of the sample texts.</summary>
public sealed class ExportedModelTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("builtin:llama-stories-f32")]
    [InlineData("builtin:gpt2-moods")]
    [InlineData("builtin:bert-facts")]
    [InlineData("builtin:t5-translations")]
    public void A_model_comes_back_from_its_folder_unchanged(string name)
    {
        string path = BundledModels.Resolve(name), folder = _folder.File("folder"), back = _folder.File("back.gguf");
        ModelExport.Write(path, folder);
        using (ModelImport import = ModelImport.Open(folder))
        {
            import.Write(back);
        }
        using GgufFile before = GgufFile.Open(path), after = GgufFile.Open(back);
        RequireSame(path, back, "tokenizer.", before.Metadata.GetString("general.architecture") + ".");
        ITokenizer was = Tokenizer(before), has = Tokenizer(after);
        using JsonDocument description = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "tokenizer.json")));
        var rules = new TokenizerRules(description.RootElement);
        Assert.All(TokenizerSample.Texts, text =>
        {
            Assert.Equal(was.Encode(text), has.Encode(text));
            Assert.Equal(was.Encode(text, addSpecial: false), rules.Encode(text));
        });
    }

    public static TheoryData<string> Decoders => [.. HuggingFaceCase.All.Where(each => each.Logits is not null && each.Dtype is not ("F8_E4M3" or "F8_E5M2")).Select(each => each.Name)];

    // The judge is PyTorch: interpreted by its config.json, the export computes what the original checkpoint did.
    [Theory]
    [MemberData(nameof(Decoders))]
    public async Task An_imported_model_is_exported_as_a_folder_that_computes_what_PyTorch_computed(string name)
    {
        HuggingFaceCase golden = HuggingFaceCase.Of(name);
        string path = _folder.File("model.gguf"), folder = _folder.File("folder"), back = _folder.File("back.gguf");
        using (ModelImport import = ModelImport.Open(golden.Write(_folder.File("model"))))
        {
            import.Write(path);
        }
        ModelExport.Write(path, folder);
        using ModelImport again = ModelImport.Open(folder);
        again.Write(back);
        RequireSame(path, back, $"{again.Plan.Architecture}.");

        float[] logits = TrainedNetwork.Of(again.Plan.Settings, again.Checkpoint, asTrained: true).Logits(golden.Tokens, golden.Source);
        Assert.InRange(Agreement.OfRms(logits, golden.Logits!), 0, Agreement.Floats);
    }

    [Theory]
    [InlineData("llama", null)]
    [InlineData("llama", 4)]
    [InlineData("qwen2", null)]
    [InlineData("qwen3", null)]
    [InlineData("qwen3moe", 4)]
    [InlineData("gemma2", null)]
    [InlineData("gemma3", null)]
    [InlineData("phi3", null)]
    public void An_untrained_model_comes_back_unchanged(string architecture, int? experts)
    {
        string path = _folder.File("begun.gguf"), folder = _folder.File("folder"), back = _folder.File("back.gguf");
        var shape = new ModelShape
        {
            Architecture = architecture,
            Name = "begun",
            EmbeddingLength = 32,
            BlockCount = 3,
            HeadCount = 4,
            HeadCountKv = 2,
            FeedForwardLength = 48,
            ContextLength = 64,
            ExpertCount = experts,
            SlidingWindow = 16,
        };
        InitialModel.Write(path, shape, BundledModels.Resolve("builtin:llama-stories-f32"), seed: 5);
        ModelExport.Write(path, folder);
        using (ModelImport import = ModelImport.Open(folder))
        {
            import.Write(back);
        }
        RequireSame(path, back, $"{architecture}.", "tokenizer.");
    }

    [Fact]
    public void Gains_of_a_Gemma_that_have_no_exact_float_offset_from_one_come_back_to_half_a_step()
    {
        string source = HuggingFaceCase.Of("Gemma 2").Write(_folder.File("model")), path = _folder.File("model.gguf"), folder = _folder.File("folder");
        using (ModelImport import = ModelImport.Open(source))
        {
            import.Write(path);
        }
        byte[] bytes = File.ReadAllBytes(path);
        using (GgufFile file = GgufFile.Open(path))
        {
            GgufTensor norm = file.FindTensor("output_norm.weight")!;
            int at = bytes.AsSpan().IndexOf(file.GetData(norm, 0, (int)norm.ByteLength));
            BitConverter.GetBytes(0.1f).CopyTo(bytes, at); // 0.1 − 1 has three fewer fractional bits
        }
        File.WriteAllBytes(path, bytes);
        ModelExport.Write(path, folder); // which reads every weight back
        using ModelImport again = ModelImport.Open(folder);
        using var written = new MemoryStream();
        again.Plan.Tensors.Planned.Single(tensor => tensor.Name == "output_norm.weight").Write(written);
        Assert.InRange(Math.Abs(BitConverter.ToSingle(written.ToArray()) - 0.1f), float.Epsilon, 1f / (1 << 25));
    }

    [Fact]
    public void Scores_of_a_SentencePiece_vocabulary_become_an_order_of_merges()
    {
        const string Words = "the then there three other";
        string[] pieces = ["th", "he", "the", "▁the", "er", "re", "ere", "▁t", "▁th", "ther", "▁o", "en"];
        string[] tokens = ["<unk>", "<s>", "</s>", .. Enumerable.Range(0, 256).Select(value => $"<0x{value:X2}>"), "▁", .. "abcdefghijklmnopqrstuvwxyz".Select(letter => letter.ToString()), .. pieces, "<|end|>"];
        string path = _folder.File("model.gguf"), folder = _folder.File("folder"), back = _folder.File("back.gguf");
        InitialModel.Write(path, new ModelShape { Architecture = "llama", EmbeddingLength = 32, BlockCount = 1, HeadCount = 4, FeedForwardLength = 32, ContextLength = 32 }, new Dictionary<string, GgufValue>
        {
            [GgufKeys.TokenizerModel] = GgufValue.FromString("llama"),
            [GgufKeys.Tokens] = GgufValue.FromStrings(GgufStrings.From(tokens)),
            [GgufKeys.Scores] = GgufValue.FromArray(tokens.Select((text, id) => Array.IndexOf(pieces, text) is >= 0 and var rank ? -1f - rank : 0f).ToArray()),
            [GgufKeys.TokenTypes] = GgufValue.FromArray(tokens.Select((text, id) => id == 0 ? 2 : id < 3 ? 3 : id < 259 ? 6 : text == "<|end|>" ? 4 : 1).ToArray()),
        }, seed: 2);
        ModelExport.Write(path, folder);
        using (ModelImport import = ModelImport.Open(folder))
        {
            import.Write(back);
        }
        RequireSame(path, back);
        using GgufFile before = GgufFile.Open(path), after = GgufFile.Open(back);
        ITokenizer was = Tokenizer(before), has = Tokenizer(after);
        using JsonDocument description = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "tokenizer.json")));
        var rules = new TokenizerRules(description.RootElement);
        Assert.All([Words, "other<|end|>there", "Größe 12\n", .. TokenizerSample.Texts], text =>
        {
            Assert.Equal(was.Encode(text), has.Encode(text));
            Assert.Equal(was.Encode(text, addSpecial: false), rules.Encode(text));
        });
        Assert.Equal(1, was.Encode(Words)[0]); // BOS, by llama.cpp's rule for a silent file
    }

    [Fact]
    public void Scores_that_give_no_order_of_merges_are_refused()
    {
        // With equal scores llama.cpp merges the leftmost pair of a text first; in an order of merges one of the two is first everywhere.
        string path = _folder.File("model.gguf"), folder = _folder.File("folder");
        string[] tokens = ["<unk>", "<s>", "</s>", .. Enumerable.Range(0, 256).Select(value => $"<0x{value:X2}>"), "▁", "t", "h", "e", "r", "he", "th"];
        InitialModel.Write(path, new ModelShape { Architecture = "llama", EmbeddingLength = 32, BlockCount = 1, HeadCount = 4, FeedForwardLength = 32, ContextLength = 32 }, new Dictionary<string, GgufValue>
        {
            [GgufKeys.TokenizerModel] = GgufValue.FromString("llama"),
            [GgufKeys.Tokens] = GgufValue.FromStrings(GgufStrings.From(tokens)),
            [GgufKeys.Scores] = GgufValue.FromArray(tokens.Select(_ => 0f).ToArray()),
            [GgufKeys.TokenTypes] = GgufValue.FromArray(tokens.Select((_, id) => id == 0 ? 2 : id < 3 ? 3 : id < 259 ? 6 : 1).ToArray()),
        }, seed: 2);
        Assert.Contains("found \"the three there\" split otherwise", Assert.Throws<ModelFileException>(() => ModelExport.Write(path, folder)).Message, StringComparison.Ordinal);
        Assert.Equal(["model.gguf"], _folder.Names);
    }

    [Fact]
    public void A_T5_whose_gains_no_float_unscales_gets_a_separate_head()
    {
        string path = TinyFamilies.T5(_folder.File("t5.gguf")), folder = _folder.File("folder"), back = _folder.File("back.gguf");
        ModelExport.Write(path, folder); // which reads every weight back
        using (ModelImport import = ModelImport.Open(folder))
        {
            import.Write(back);
        }
        using GgufFile before = GgufFile.Open(path), after = GgufFile.Open(back);
        Assert.Equal(before.Tensors.Count + 1, after.Tensors.Count);
        Assert.NotNull(after.FindTensor("output.weight"));
    }

    [Fact]
    public void Quantized_weights_and_other_architectures_are_refused_and_leave_no_files()
    {
        string folder = _folder.File("folder");
        Assert.Contains("Quantization cannot be undone", Refusal(BundledModels.Resolve("builtin:llama-stories-q8_0")), StringComparison.Ordinal);
        Assert.Contains("found 'transformer'", Refusal(BundledModels.Resolve("builtin:transformer-translations")), StringComparison.Ordinal);
        Assert.False(Directory.Exists(folder));
        Assert.Empty(_folder.Names);

        string Refusal(string path) => Assert.Throws<ModelFileException>(() => ModelExport.Write(path, folder)).Message;
    }

    [Fact]
    public void A_folder_with_files_in_it_is_left_alone()
    {
        string folder = Directory.CreateDirectory(_folder.File("folder")).FullName;
        File.WriteAllText(Path.Combine(folder, "mine.txt"), "");
        Assert.Contains("found files in it", Assert.Throws<InvalidRequestException>(() => ModelExport.Write(BundledModels.Resolve("builtin:bert-facts"), folder)).Message, StringComparison.Ordinal);
        Assert.Equal(["mine.txt"], Directory.EnumerateFiles(folder).Select(Path.GetFileName));
    }

    // Tensors bit for bit, and the metadata whose keys begin with certain words.
    private static void RequireSame(string path, string back, params string[] keys)
    {
        using GgufFile before = GgufFile.Open(path), after = GgufFile.Open(back);
        Assert.Equal(before.Tensors.Select(tensor => (tensor.Name, tensor.Type, tensor.ShapeText)).Order(), after.Tensors.Select(tensor => (tensor.Name, tensor.Type, tensor.ShapeText)).Order());
        foreach (GgufTensor tensor in before.Tensors)
        {
            Assert.True(before.GetData(tensor, 0, (int)tensor.ByteLength).SequenceEqual(after.GetData(after.FindTensor(tensor.Name)!, 0, (int)tensor.ByteLength)), tensor.Name);
        }
        foreach (string key in before.Metadata.Keys.Where(key => keys.Any(begin => key.StartsWith(begin, StringComparison.Ordinal)) && key != GgufKeys.Name))
        {
            Assert.Equal(before.Metadata[key]!.Value, after.Metadata[key]?.Value);
        }
    }

    private static ITokenizer Tokenizer(GgufFile file) => FileTokenizer.Read(file.Metadata, file.Metadata.RequireString("general.architecture"), TokenizerRule.Trained);
}
