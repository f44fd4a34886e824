using System.Runtime.InteropServices;
using Engine;
using Engine.Gguf;
using ReferenceModels.Heads;
using ReferenceModels.Ops;
using ReferenceModels.Tests.Ops;

namespace ReferenceModels.Tests.Heads;

public sealed class HeadFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly HeadGolden _golden = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_heads_are_stored_next_to_the_model() => Assert.Equal(Path.Combine("a", "b.heads.gguf"), HeadedModel.Beside(Path.Combine("a", "b.gguf")));

    [Fact]
    public void A_file_may_have_only_some_heads_and_labels()
    {
        using HeadFile heads = HeadFile.Open(_golden.Write(File(), take: name => name.StartsWith("classifier", StringComparison.Ordinal)), HeadGolden.Card);
        Assert.Null(heads.MaskedToken);
        Assert.Null(heads.NextSentence);
        Assert.Null(heads.Classification!.Pooler);
        Assert.Equal(["no", "maybe", "yes"], heads.Labels);
    }

    [Fact]
    public void Without_its_own_decoder_the_masked_token_head_uses_the_models_token_embedding()
    {
        float[] embedding = Numbers.Floats(17 * 12, 4);
        var model = new GgufWriter();
        model.SetMetadata("general.architecture", "bert");
        model.AddTensor("token_embd.weight", [12, 17], GgmlType.F32, MemoryMarshal.AsBytes<float>(embedding).ToArray());
        model.Write(_folder.File("model.gguf"));
        ModelCard card = HeadGolden.Card with { Path = _folder.File("model.gguf") };
        using HeadFile tied = HeadFile.Open(_golden.Write(File(), take: name => name != "mask.decoder.weight"), card);
        using HeadFile own = HeadFile.Open(
            _golden.Write(_folder.File("own.gguf"), take: name => name != "mask.decoder.weight",
                more: writer => writer.AddTensor("mask.decoder.weight", [12, 17], GgmlType.F32, MemoryMarshal.AsBytes<float>(embedding).ToArray())), card);

        Assert.Equal(Logits(own), Logits(tied));
    }

    [Theory]
    [InlineData("general.architecture", "expected 'heads', found 'bert'")]
    [InlineData("heads.embedding_length", "expected 12, as in golden, found '16'")]
    [InlineData("heads.classifier.pooling_type", "expected 1 (mean), 2 ([CLS]) or 3 (last), found '4'")]
    [InlineData("heads.layer_norm_epsilon", "expected a number of 0 or more, found 'NaN'")]
    [InlineData("heads.classifier.labels", "'classifier.weight'")]
    [InlineData("mask.norm.bias", "'mask.norm.bias'")]
    [InlineData("pooler.weight", "'pooler.weight'")]
    [InlineData("extra.weight", "'extra.weight'")]
    public void A_file_that_does_not_fit_is_refused_with_a_message(string what, string sentence)
    {
        string path = _golden.Write(File(), take: name => name != what, more: writer =>
        {
            switch (what)
            {
                case "general.architecture": writer.SetMetadata(what, "bert"); break;
                case "heads.embedding_length": writer.SetMetadata(what, 16u); break;
                case "heads.classifier.pooling_type": writer.SetMetadata(what, 4u); break;
                case "heads.layer_norm_epsilon": writer.SetMetadata(what, float.NaN); break;
                case "heads.classifier.labels": writer.SetMetadata(what, ["one", "two"]); break;
                case "extra.weight": writer.AddTensor(what, [1], GgmlType.F32, new byte[4]); break;
            }
        });
        Assert.Contains(sentence, Assert.Throws<ModelFileException>(() => HeadFile.Open(path, HeadGolden.Card)).Message, StringComparison.Ordinal);
        System.IO.File.Delete(path); // no mapping of it is left
    }

    [Fact]
    public void A_vocabulary_of_another_size_is_refused() =>
        Assert.Contains("mask.decoder", Assert.Throws<ModelFileException>(() => HeadFile.Open(_golden.Write(File()), HeadGolden.Card with { VocabularySize = 18 })).Message, StringComparison.Ordinal);

    private string File() => _folder.File("golden.heads.gguf");

    private float[] Logits(HeadFile heads)
    {
        using var workers = new Workers(1);
        return heads.MaskedToken!.Forward(new Pass(workers), _golden.Rows(withGradient: false), _golden.Positions).Values.ToArray();
    }
}
