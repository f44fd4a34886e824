namespace Engine.Host.Tests.Commands;

public sealed class MistakesTests
{
    [Theory]
    [InlineData("'genrate' is not a verb of engine. Did you mean 'generate'?", "genrate", "x")]
    [InlineData("'--modle' is not an option of 'engine generate'. Did you mean '--model'?", "generate", "--modle", "x")]
    [InlineData("'--jsn' is not an option of 'engine bench'. Did you mean '--json'?", "bench", "--jsn")]
    [InlineData("'--port' is not an option of 'engine serve'. Address and port are parts of --urls: --urls http://127.0.0.1:8080.", "serve", "--port", "8080")]
    [InlineData("'--xyz' is not an option of 'engine serve'. See", "serve", "--xyz")]
    [InlineData("'--n-predict' is not an option of 'engine generate'. Did you mean '--max-tokens'?", "generate", "a", "--n-predict", "3")]
    [InlineData("--urls: expected addresses such as http://127.0.0.1:8080, found '8080'.", "serve", "--urls", "8080")]
    [InlineData("--device: expected auto, cpu, cuda, vulkan or metal, found 'gpu'. Did you mean 'auto' (the best there is) or 'cuda'?", "bench", "--device", "gpu")]
    [InlineData("Judging a model of another engine by the reference: expected a file that the reference can read here, found none. Give it the same one with --reference-model PATH.", "validate", "--endpoint", "unix:/no/such.sock")]
    [InlineData("Judging a model of another engine by the reference: expected a file", "generate", "a", "--verify", "--endpoint", "unix:/no/such.sock")]
    [InlineData("Calibrating: expected a file, whose variants are measured in processes of this machine, found a model of another engine at unix:/no/such.sock.", "validate", "--calibrate", "--endpoint", "unix:/no/such.sock", "--reference-model", "models/llama-stories-q8_0.gguf")]
    [InlineData("--calibrate measures a tolerance, --no-calibration judges without one.", "validate", "--calibrate", "--no-calibration")]
    [InlineData("Loading bert-facts.heads.gguf: expected a model, the file holds heads. Give the model beside it, bert-facts.gguf.", "generate", "a", "--model", "models/bert-facts.heads.gguf")]
    [InlineData("Loading transformer-translations.gguf: expected an architecture that llama.cpp v0.5.0 runs, found 'transformer'. Run it on the reference backend, with --backend reference.", "generate", "a", "--model", "models/transformer-translations.gguf", "--backend", "llama.cpp")]
    [InlineData("Opening 'README.md': this is not a GGUF file; it begins with '# En'.", "generate", "a", "--model", "README.md")]
    [InlineData("Loading llama.cpp v0.5.0 for", "generate", "a", "--library", "src", "--backend", "llama.cpp")]
    [InlineData("'-m' is not an option of 'engine generate'. Did you mean '--model'?", "generate", "-m", "x.gguf", "hi")]
    [InlineData("'time' is one word too many: 'engine generate' takes one PROMPT; put quotes around a text with blanks.", "generate", "once", "time")]
    [InlineData("--model needs a value: --model PATH.", "generate", "hi", "--model")]
    [InlineData("--seed is given more than once; it takes one value.", "generate", "hi", "--seed", "1", "--seed", "2")]
    [InlineData("--threads: expected a whole number from 1 to 512, found '-4'.", "generate", "hi", "--threads", "-4")]
    [InlineData("--threads: expected a whole number from 1 to 512, found '1000'.", "generate", "hi", "--threads", "1000")]
    [InlineData("--max-tokens: expected a whole number from 1 to 16777216, found '0'.", "generate", "hi", "--max-tokens", "0")]
    [InlineData("--max-tokens: expected a whole number from 1 to 16777216, found '1.5'.", "generate", "hi", "--max-tokens", "1.5")]
    [InlineData("--temperature: expected a number from 0 to 100, found 'NaN'.", "generate", "hi", "--temperature", "NaN")]
    [InlineData("--top-p: expected a number from 0 to 1, found '2'.", "generate", "hi", "--top-p", "2")]
    [InlineData("--context: expected a whole number from 1 to 16777216, found '99999999999999999999'.", "bench", "--context", "99999999999999999999")]
    [InlineData("--device: expected auto, cpu, cuda, vulkan or metal, found 'cude'. Did you mean 'cuda'?", "bench", "--device", "cude")]
    [InlineData("--numerics: expected strict or production, found 'loose'.", "validate", "--numerics", "loose")]
    [InlineData("--tokens: expected token ids such as 1,319,459, found 'x'.", "validate", "--tokens", "1,x")]
    [InlineData("--tokens: expected token ids such as 1,319,459, found none.", "validate", "--tokens", " ")]
    [InlineData("--tokens: expected token ids such as 1,319,459, found '4000000000'.", "validate", "--tokens", "4000000000")]
    [InlineData("A prompt is missing: give it as PROMPT, through a pipe, with --file PATH or with --tokens IDS.", "generate")]
    [InlineData("Expected one prompt, found several: give one of PROMPT, --file and --tokens.", "generate", "hi", "--tokens", "1")]
    [InlineData("Expected one input, found several: give one of --text, --file and --tokens.", "validate", "--text", "a", "--file", "b")]
    [InlineData("Reading the text 'nowhere.txt': expected a readable file, found no such file.", "generate", "--file", "nowhere.txt")]
    [InlineData("Writing a corpus: expected one of stories, moods, facts, translations, tools, found 'storis'. Did you mean 'stories'?", "corpus", "storis")]
    [InlineData("Training: expected a model to begin with (--from MODEL) or its shape (--model-shape FILE), found neither. See 'engine train --help'.", "train", "--data", "README.md", "--out", "a.gguf")]
    [InlineData("Comparing two models: expected a text of at least one token, found an empty one. Give another with --text, --file or --tokens.", "validate", "--text", "")]
    [InlineData("Writing the folder '/proc/facts': the folder '/proc' is not writable. Name another folder as FOLDER.", "export", "builtin:bert-facts", "/proc/facts")]
    [InlineData("Reading the text 'src': expected a readable file, found a folder.", "validate", "--file", "src")]
    public async Task A_mistake_gets_one_message_and_exit_code_2(string message, params string[] arguments)
    {
        Outcome outcome = await EngineProcess.RunAsync(arguments);
        Assert.Equal(2, outcome.ExitCode);
        Assert.StartsWith(message, outcome.Error, StringComparison.Ordinal);
        Assert.Single(outcome.Error.TrimEnd('\n').Split('\n'));
        Assert.Empty(outcome.Output);
    }
}
