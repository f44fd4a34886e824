using System.Text.Json;
using Engine;
using Engine.BuiltIn;
using Engine.Gguf;
using Engine.HuggingFace;
using Engine.HuggingFace.Exporting;
using Engine.HuggingFace.Rules;
using Engine.Tokenizers;

namespace ReferenceModels.Tests.HuggingFace;

/// <summary>What was trained here goes to transformers and comes back: every weight bit for bit, every id of the sample texts.</summary>
public sealed class ExportedModelTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("builtin:llama-stories-f32")]
    [InlineData("builtin:gpt2-moods")]
    [InlineData("builtin:bert-facts")]
    [InlineData("builtin:t5-translations")]
    public void A_model_comes_back_from_its_folder_as_it_was(string name)
    {
        string path = BundledModels.Resolve(name), folder = _folder.File("folder"), back = _folder.File("back.gguf");
        ModelExport.Write(path, folder);
        using (ModelImport import = ModelImport.Open(folder))
        {
            import.Write(back);
        }
        using GgufFile before = GgufFile.Open(path), after = GgufFile.Open(back);
        Assert.Equal(before.Tensors.Select(tensor => (tensor.Name, tensor.Type, tensor.ShapeText)).Order(), after.Tensors.Select(tensor => (tensor.Name, tensor.Type, tensor.ShapeText)).Order());
        foreach (GgufTensor tensor in before.Tensors)
        {
            Assert.True(before.GetData(tensor, 0, (int)tensor.ByteLength).SequenceEqual(after.GetData(after.FindTensor(tensor.Name)!, 0, (int)tensor.ByteLength)), tensor.Name);
        }
        foreach (string key in before.Metadata.Keys.Where(key => key.StartsWith("tokenizer.", StringComparison.Ordinal) || key.StartsWith(before.Metadata.GetString("general.architecture") + ".", StringComparison.Ordinal)))
        {
            Assert.Equal(before.Metadata[key]!.Value, after.Metadata[key]?.Value);
        }
        ITokenizer was = Tokenizer(before), has = Tokenizer(after);
        using JsonDocument description = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "tokenizer.json")));
        var rules = new TokenizerRules(description.RootElement);
        Assert.All(TokenizerSample.Texts, text =>
        {
            Assert.Equal(was.Encode(text), has.Encode(text));
            Assert.Equal(was.Encode(text, addSpecial: false), rules.Encode(text));
        });
    }

    [Fact]
    public void A_T5_whose_gains_no_float_unscales_gets_a_head_of_its_own()
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
    public void Quantized_weights_and_other_architectures_are_refused_and_leave_nothing()
    {
        string folder = _folder.File("folder");
        Assert.Contains("What quantizing lost stays lost", Refusal(BundledModels.Resolve("builtin:llama-stories-q8_0")), StringComparison.Ordinal);
        Assert.Contains("found 'transformer'", Refusal(BundledModels.Resolve("builtin:transformer-translations")), StringComparison.Ordinal);
        Assert.Contains("expected a vocabulary of byte-level BPE, WordPiece or Unigram", Refusal(TinyFamilies.Llama(_folder.File("llama.gguf"))), StringComparison.Ordinal);
        Assert.False(Directory.Exists(folder));
        Assert.Equal(["llama.gguf"], _folder.Names);

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

    private static ITokenizer Tokenizer(GgufFile file) => FileTokenizer.Read(file.Metadata, file.Metadata.RequireString("general.architecture"), TokenizerRule.Trained);
}
