using System.Text.Json;
using Engine;
using ReferenceModels.Heads;
using ReferenceModels.Training;
using ReferenceModels.Training.Objectives;

namespace ReferenceModels.Tests.Training.Objectives;

/// <summary>Training with every objective succeeds at its task, and the result is there when the files are opened again.</summary>
public sealed class ObjectiveTests : IDisposable
{
    private static readonly string[] Words = "cat dog bird river house stone old small red sings runs sleeps".Split(' ');

    private readonly TrainingFiles _files = new();
    private readonly Random _random = new(7);

    public void Dispose() => _files.Dispose();

    [Theory, InlineData("gpt2", "joint"), InlineData("llama", "joint"), InlineData("bert", "classification")]
    public async Task A_separate_head_learns_to_distinguish_classes(string architecture, string objective)
    {
        (string Text, string Label)[] texts = [.. Enumerable.Range(0, 48).Select(i => Labelled(i % 2 == 0))];
        string data = _files.Write("data.jsonl", Lines(texts.Select(one => (object)new { text = one.Text, label = one.Label })));
        TrainingOptions options = TrainingFiles.Options(_files.Model(TrainingFiles.Shape(architecture), data), data, Objective.Of(objective), 120);

        TrainingLog log = TrainingFiles.Run(options, _files.Folder.File("out.gguf"));

        Assert.Equal(objective == "joint" ? 2 : 1, log.Steps[0].Terms.Count);
        Assert.Equal(log.Steps[^1].Loss, log.Steps[^1].Terms[0] + (objective == "joint" ? 0.5 * log.Steps[^1].Terms[1] : 0), 1e-12 * log.Steps[^1].Loss);
        await using IModel model = await new ReferenceBackend().LoadAsync(new ModelOptions { Path = _files.Folder.File("out.gguf"), Threads = 1 });
        using var heads = new HeadedModel(model);
        Assert.Equal(["animal", "none"], heads.Labels);
        int right = 0;
        foreach ((string text, string label) in texts.Take(16))
        {
            float[] logits = await heads.ClassifyAsync(Prompt.FromText(text));
            right += heads.Labels[logits[0] > logits[1] ? 0 : 1] == label ? 1 : 0;
        }
        Assert.InRange(right, 15, 16); // a guesser gets 8
    }

    [Fact]
    public async Task Bert_learns_masked_tokens_and_next_sentences()
    {
        // The first word determines what follows, so that it can be learned quickly.
        string data = _files.Write("data.txt", string.Join("<|endoftext|>\n", Enumerable.Range(0, 8).Select(i => string.Concat(Enumerable.Repeat($"{Words[i]} the {Words[i]}\n", 4)))));
        TrainingOptions options = TrainingFiles.Options(_files.Model(TrainingFiles.Shape("bert"), data, 80), data, Objective.Bert, 400) with { Batch = 8, LearningRate = 5e-3f };

        TrainingLog log = TrainingFiles.Run(options, _files.Folder.File("out.gguf"));

        // Orders of magnitude: measured a tenth of each initial loss, which is ln 2 for two answers.
        Assert.InRange(log.Steps.TakeLast(20).Average(step => step.Terms[0]), 0, 0.6 * log.Steps[0].Terms[0]);
        Assert.InRange(log.Steps.TakeLast(20).Average(step => step.Terms[1]), 0, 0.5);
        await using IModel model = await new ReferenceBackend().LoadAsync(new ModelOptions { Path = _files.Folder.File("out.gguf"), Threads = 1 });
        using var heads = new HeadedModel(model);
        float[] follows = await heads.NextSentenceAsync(Prompt.FromPair("cat the cat", "cat the cat")), not = await heads.NextSentenceAsync(Prompt.FromPair("cat the cat", "bird the bird"));
        Assert.True(follows[0] > follows[1] && not[0] < not[1], $"{string.Join(' ', follows)} · {string.Join(' ', not)}");
        int mask = Assert.Single(model.Tokenizer.Encode("[MASK]", addSpecial: false, parseSpecial: true)), the = Assert.Single(model.Tokenizer.Encode("the", addSpecial: false));
        int[] tokens = [.. model.Tokenizer.Encode("cat the cat")];
        tokens[Array.IndexOf(tokens, the)] = mask;
        float[] logits = (await heads.MaskedTokensAsync(Prompt.FromTokens(tokens), [Array.IndexOf(tokens, mask)]))[0];
        Assert.Equal(the, Array.IndexOf(logits, logits.Max()));
    }

    [Theory, InlineData("t5"), InlineData("transformer")]
    public async Task Sequences_are_memorized_with_teacher_forcing(string architecture)
    {
        (string Source, string Target)[] pairs = [.. Enumerable.Range(0, 6).Select(i => ($"{Words[i]} {Words[i + 1]}", $"{Words[i + 1]} {Words[i]}"))];
        string data = _files.Write("data.jsonl", Lines(pairs.Select(one => (object)new { source = one.Source, target = one.Target })));
        TrainingOptions options = TrainingFiles.Options(_files.Model(TrainingFiles.Shape(architecture), data, 40), data, Objective.SequenceToSequence, 250) with { Batch = 6, LearningRate = 5e-3f };

        TrainingLog log = TrainingFiles.Run(options, _files.Folder.File("out.gguf"));

        Assert.InRange(log.Steps[^1].Loss, 0, 0.05); // 95 % for each next token
        await using IModel model = await new ReferenceBackend().LoadAsync(new ModelOptions { Path = _files.Folder.File("out.gguf"), Threads = 1 });
        var answer = new System.Text.StringBuilder();
        await foreach (GeneratedToken token in model.GenerateAsync(new GenerateRequest { Prompt = Prompt.FromText(pairs[2].Source), MaxTokens = 20, Sampling = new SamplingOptions { Temperature = 0 } }, default))
        {
            answer.Append(token.Text);
        }
        Assert.Equal(pairs[2].Target, answer.ToString().Trim());
    }

    [Fact]
    public void An_objective_that_a_model_cannot_learn_is_refused()
    {
        string data = _files.Write("data.txt", "one two\nthree four\nfive six\n");
        string Refusal(string architecture, Objective objective) => Assert.ThrowsAny<EngineException>(
            () => TrainingFiles.Run(TrainingFiles.Options(_files.Model(TrainingFiles.Shape(architecture), data, 300), data, objective, 1))).Message;

        Assert.Contains("expected a special token [MASK]", Refusal("llama", Objective.MaskedLanguageModel), StringComparison.Ordinal);
        Assert.Contains("asks the model for a language model's logits", Refusal("bert", Objective.Causal), StringComparison.Ordinal);
        Assert.Contains("expected a \"label\" in line 1", Refusal("gpt2", Objective.Joint()), StringComparison.Ordinal);
        Assert.Contains("expected a \"source\" and a \"target\" in line 1", Refusal("t5", Objective.SequenceToSequence), StringComparison.Ordinal);
        Assert.Contains("gives it no source", Refusal("t5", Objective.Causal), StringComparison.Ordinal);
        data = _files.Write("pairs.jsonl", Lines([new { source = "one two", target = "three four" }]));
        Assert.Contains("the model has no encoder", Refusal("gpt2", Objective.SequenceToSequence), StringComparison.Ordinal);
        data = _files.Write("one.jsonl", Lines([new { text = "one two", label = "only" }]));
        Assert.Contains("expected at least two classes as \"label\", found only 'only'", Refusal("gpt2", Objective.Classification()), StringComparison.Ordinal);
    }

    private (string Text, string Label) Labelled(bool isAnimal)
    {
        string[] words = [.. Enumerable.Range(0, 5).Select(_ => Words[3 + _random.Next(Words.Length - 3)])];
        if (isAnimal)
        {
            words[_random.Next(words.Length)] = Words[_random.Next(3)];
        }
        return (string.Join(' ', words), isAnimal ? "animal" : "none");
    }

    private static string Lines(IEnumerable<object> objects) => string.Concat(objects.Select(one => JsonSerializer.Serialize(one) + "\n"));
}
