using Engine.Gguf;

namespace Engine.Tests.Gguf;

public sealed class GgufContentTests
{
    [Theory]
    [InlineData("bert.heads.gguf", "general.architecture", "heads", "the file holds heads. Give the model beside it, bert.gguf.")]
    [InlineData("other.gguf", "general.architecture", "heads", "Give the model beside it, whose name ends in .gguf alone.")]
    [InlineData("run.ckpt", "general.architecture", "checkpoint", "the file holds the state of a training run.")]
    [InlineData("style.gguf", "general.type", "adapter", "the file holds an adapter. Give the model, and this file as its adapter (--lora).")]
    public void A_file_that_is_not_a_model_is_refused_with_what_it_is(string name, string key, string value, string message)
    {
        using var folder = new TemporaryFolder();
        var writer = new GgufWriter();
        writer.SetMetadata("general.architecture", "llama");
        writer.SetMetadata(key, value);
        writer.Write(folder.File(name));
        using GgufFile file = GgufFile.Open(folder.File(name));
        var error = Assert.Throws<ModelFileException>(() => GgufPreflight.Check(file));
        Assert.StartsWith($"Loading {name}: expected a model, the file holds", error.Message, StringComparison.Ordinal);
        Assert.EndsWith(message, error.Message.Replace(" Continue it with 'engine train --resume', or give the model that the training wrote.", "", StringComparison.Ordinal), StringComparison.Ordinal);
    }
}
