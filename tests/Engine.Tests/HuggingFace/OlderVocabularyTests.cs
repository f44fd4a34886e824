using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using Engine.Gguf;
using Engine.HuggingFace.Files;
using Engine.HuggingFace.Vocabularies;
using Engine.Tokenizers;

namespace Engine.Tests.HuggingFace;

/// <summary>Vocabularies in the files that came before tokenizer.json, made of real ones, split texts as those do.</summary>
public sealed class OlderVocabularyTests : IDisposable
{
    private static readonly string[] Texts = ["The river was low that year.", "I'll say 12345  things\n\n\tto naïve 北京 people 😀", "for (int i = 0; i < n; i++) { }", "Größe und Straße"];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void SentencePieces_own_file()
    {
        using GgufFile original = GgufFile.Open(TestData.Vocabulary("ggml-vocab-llama-spm.gguf"));
        GgufStrings tokens = original.Metadata.RequireStrings("tokenizer.ggml.tokens");
        IReadOnlyList<float> scores = original.Metadata.GetFloat32s("tokenizer.ggml.scores")!;
        IReadOnlyList<int> kinds = original.Metadata.GetInt32s("tokenizer.ggml.token_type")!;
        var model = new List<byte>();
        for (int id = 0; id < tokens.Count; id++)
        {
            byte[] text = Encoding.UTF8.GetBytes(tokens[id]), score = new byte[4];
            BinaryPrimitives.WriteSingleLittleEndian(score, scores[id]);
            Field(model, 1, [.. Bytes(1, text), 0x15, .. score, 0x18, (byte)kinds[id]]); // pieces { piece, score, type }
        }
        Field(model, 2, [0x18, 2]);                      // trainer_spec { model_type: BPE }
        Field(model, 3, [0x18, 1, 0x20, 0]);             // normalizer_spec { add_dummy_prefix, remove_extra_whitespaces }
        File.WriteAllBytes(_folder.File("tokenizer.model"), [.. model]);

        using GgufFile file = Import(out _);

        Assert.Equal(tokens, file.Metadata.RequireStrings("tokenizer.ggml.tokens"));
        Assert.Equal(scores, file.Metadata.GetFloat32s("tokenizer.ggml.scores"));
        Assert.Equal(kinds, file.Metadata.GetInt32s("tokenizer.ggml.token_type"));
        SplitAlike(original, file);
    }

    [Fact]
    public void The_configuration_decides_what_a_SentencePiece_token_is()
    {
        var model = new List<byte>();
        foreach ((string text, byte kind) in (ReadOnlySpan<(string, byte)>)[("<pad>", 3), ("<eos>", 3), ("<bos>", 3), ("<unk>", 2), ("<start_of_turn>", 4), ("▁▁", 4), ("<mark>", 4), ("▁", 1)])
        {
            Field(model, 1, [.. Bytes(1, Encoding.UTF8.GetBytes(text)), 0x15, 0, 0, 0, 0, 0x18, kind]);
        }
        Field(model, 2, [0x18, 2]);
        Field(model, 3, [0x18, 0, 0x20, 0]);
        File.WriteAllBytes(_folder.File("tokenizer.model"), [.. model]);
        File.WriteAllText(_folder.File("tokenizer_config.json"), """
            {"tokenizer_class":"GemmaTokenizer","add_bos_token":true,"bos_token":"<bos>","eos_token":"<eos>","added_tokens_decoder":{
              "3":{"content":"<unk>","special":true},"4":{"content":"<start_of_turn>","special":true},"6":{"content":"<mark>","special":false}}}
            """);

        using GgufFile file = Import(out _);

        Assert.Equal([3, 3, 3, 2, 3, 4, 4, 1], file.Metadata.GetInt32s("tokenizer.ggml.token_type"));
        Assert.Equal(("  ", 2u, true), (file.Metadata.RequireStrings("tokenizer.ggml.tokens")[5], file.Metadata.GetUInt32("tokenizer.ggml.bos_token_id"), file.Metadata.GetBool("tokenizer.ggml.add_bos_token")));
        Assert.False(file.Metadata.GetBool("tokenizer.ggml.add_space_prefix"));
    }

    [Fact]
    public void GPT_2s_words_and_merges()
    {
        using GgufFile original = GgufFile.Open(TestData.Vocabulary("ggml-vocab-gpt-2.gguf"));
        GgufStrings tokens = original.Metadata.RequireStrings("tokenizer.ggml.tokens");
        File.WriteAllText(_folder.File("vocab.json"), JsonSerializer.Serialize(Enumerable.Range(0, tokens.Count).ToDictionary(id => tokens[id])));
        File.WriteAllText(_folder.File("merges.txt"), "#version: 0.2\n" + string.Join('\n', original.Metadata.RequireStrings("tokenizer.ggml.merges")) + "\n");

        using GgufFile file = Import(out _);

        Assert.Equal("gpt-2", file.Metadata.GetString("tokenizer.ggml.pre"));
        SplitAlike(original, file);
    }

    [SharedFact]
    public void BERTs_list_of_words()
    {
        File.Copy(SharedFolder.MiniLm("vocab.txt"), _folder.File("vocab.txt"));
        File.Copy(SharedFolder.MiniLm("tokenizer_config.json"), _folder.File("tokenizer_config.json"));
        using GgufFile words = Import(out VocabularyPlan plan);
        Assert.Equal(("bert", 101, 102), (plan.Model, plan.Around.Before, plan.Around.After));
        File.Copy(SharedFolder.MiniLm("tokenizer.json"), _folder.File("tokenizer.json"));
        using GgufFile file = Import(out _);
        Assert.Equal(file.Metadata.RequireStrings("tokenizer.ggml.tokens"), words.Metadata.RequireStrings("tokenizer.ggml.tokens"));
        SplitAlike(file, words);
    }

    [Theory]
    [InlineData(new byte[] { 0x0A, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F })]
    [InlineData(new byte[] { 0x0A })]
    [InlineData(new byte[] { 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF })]
    [InlineData(new byte[] { 0x0B })]
    [InlineData(new byte[0])]
    public void A_file_that_is_not_a_SentencePiece_model_is_refused_with_a_message(byte[] bytes)
    {
        File.WriteAllBytes(_folder.File("tokenizer.model"), bytes);
        Assert.Contains("Reading tokenizer.model: expected", Assert.Throws<ModelFileException>(() => FolderVocabulary.Read(ModelFolder.Open(_folder.File(".")), [])).Message, StringComparison.Ordinal);
    }

    private GgufFile Import(out VocabularyPlan plan)
    {
        ModelFolder folder = ModelFolder.Open(_folder.File("."));
        using FolderVocabulary vocabulary = FolderVocabulary.Read(folder, [])!;
        plan = vocabulary.Plan;
        var writer = new GgufWriter();
        plan.AddTo(writer, FolderSpecialTokenIds.Read(folder, plan.Tokens));
        string path = _folder.File($"{Path.GetRandomFileName()}.gguf");
        writer.Write(path);
        return GgufFile.Open(path);
    }

    private static void SplitAlike(GgufFile expected, GgufFile found)
    {
        (ITokenizer a, ITokenizer b) = (FileTokenizer.Read(expected.Metadata, "llama", TokenizerRule.Trained), FileTokenizer.Read(found.Metadata, "llama", TokenizerRule.Trained));
        Assert.All(Texts, text => Assert.Equal(a.Encode(text), b.Encode(text)));
    }

    private static void Field(List<byte> message, int number, byte[] bytes) => message.AddRange(Bytes(number, bytes));

    private static byte[] Bytes(int number, byte[] bytes) =>
        bytes.Length < 0x80 ? [(byte)((number << 3) | 2), (byte)bytes.Length, .. bytes]
            : [(byte)((number << 3) | 2), (byte)(bytes.Length | 0x80), (byte)(bytes.Length >> 7), .. bytes];
}
