using Engine.Registry;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Engine.Tests.Registry;

public sealed class EngineConfigurationTests
{
    /// <summary>Any existing file.</summary>
    private static readonly string File = typeof(IModel).Assembly.Location;

    /// <summary>Where it is looked for without a host.</summary>
    private static string Folders => string.Join(" or ", new[] { AppContext.BaseDirectory, Directory.GetCurrentDirectory() }
        .Select(folder => $"'{Path.TrimEndingDirectorySeparator(folder)}'").Distinct());

    [Fact]
    public void All_mistakes_are_reported_in_one_message()
    {
        var error = Assert.Throws<OptionsValidationException>(() => Read(
            ("Engine:Model:default:Path", File),
            ("Engine:Models:a:Bakend", "fake"),
            ("Engine:Models:a:Backend", "fake"),
            ("Engine:Models:a:Path", ""),
            ("Engine:Models:a:Device", "gpu"),
            ("Engine:Models:a:Slots", "four"),
            ("Engine:Models:a:Tokenizer", "hf"),
            ("Engine:Models:b:Path", "no/such/file.gguf"),
            ("Engine:Models:b:Backend", "reference"),
            ("Engine:Models:b:ContextLength", "-1"),
            ("Engine:Models:b:Slots", "0"),
            ("Engine:Models:b:Queue", "-1"),
            ("Engine:Models:b:Threads", "-2"),
            ("Engine:Models:b:GpuLayers", "-3"),
            ("Engine:Models:b:CacheType", "q8_0"),
            ("Engine:Models:b:FlashAttention", "off"),
            ("Engine:Models:b:MicroBatch", "3"),
            ("Engine:Models:b:BatchThreads", "-1"),
            ("Engine:Models:b:TensorSplit:0", "1"),
            ("Engine:Models:b:TensorSplit:1", "-1"),
            ("Engine:Models:b:MainDevice", "-1"),
            ("Engine:Models:a:SplitMode", "rows"),
            ("Engine:Models:a:Repack", "maybe"),
            ("Engine:Models:a:Arithmetic", "gguf"),
            ("Engine:Models:b:Arithmetic", "7"),
            ("Engine:Models:b:Tokenizer", "7"),
            ("Engine:Models:b:ChatTemplate", "no/such.jinja"),
            ("Engine:Models:c:ChatTemplate", "chatlm"),
            ("Engine:Models:b:LibraryPath", "no/such/folder"),
            ("Engine:Models:b:Adapters:0:Path", "no/such/adapter.gguf"),
            ("Engine:Models:b:Adapters:1:Path", File),
            ("Engine:Models:b:Adapters:1:Scale", "much"),
            ("Engine:Models:b:Adapters:1:Weight", "1"),
            ("Engine:Models:c:Path", File),
            ("Engine:Models:c:Backend", "fakee"),
            ("Engine:Models:c:Temperature", "0")));

        Assert.Equal(
            $"""
            Reading the configuration section 'Engine': expected models that can be loaded, found 32 mistakes.
            - Model is not a known key. Did you mean Models?
            - Models:a:Arithmetic is 'gguf'. Set it to exact or ggml.
            - Models:a:Bakend is not a known key. Did you mean Backend?
            - Models:a:Repack is 'maybe'. Set it to true or false.
            - Models:a:Slots is 'four'. Set it to a whole number.
            - Models:a:SplitMode is 'rows'. Set it to layer, row or none.
            - Models:a:Tokenizer is 'hf'. Set it to trained or native.
            - Models:b:Adapters:1:Scale is 'much'. Set it to a number.
            - Models:b:Adapters:1:Weight is not a known key. Known are Path, Scale.
            - Models:c:Temperature is not a known key. Known are {string.Join(", ", typeof(ModelOptions).GetProperties().Select(key => key.Name))}.
            - Models has 3 models (a, b, c) and none is the default one. Name one of them 'default'.
            - Models:a:Path is empty. Set it to the path of a GGUF file.
            - Models:a:Device is 'gpu'. Set it to one of auto, cpu, cuda, vulkan, metal.
            - Models:b:Path is 'no/such/file.gguf', and there is no such file in {Folders}.
            - Models:b:Backend is 'reference', which is not registered ('llama.cpp', 'fake' are). Add the call AddReferenceModels() after AddEngine().
            - Models:b:ContextLength is -1. Set it to a number of tokens, or to 0 for the model's own.
            - Models:b:Slots is 0. Set it to a number of generations at the same time, from 1 to 256.
            - Models:b:Queue is -1. Set it to a number of requests that may wait.
            - Models:b:Arithmetic is 7. Set it to exact or ggml.
            - Models:b:Threads is -2. Set it to a number of threads, or to 0 for as many as help.
            - Models:b:BatchThreads is -1. Set it to a number of threads, or to 0 for as many as Threads.
            - Models:b:MicroBatch is 3. Set it to a number of tokens from 4 to 8192, or to 0 for the device's own.
            - Models:b:CacheType is q8_0, and FlashAttention is off. Set FlashAttention to auto or on, without which values cannot be quantized, or CacheType to f16.
            - Models:b:TensorSplit is 1, -1. Set it to a number for each device, none below 0 and one above it at least.
            - Models:b:MainDevice is -1. Set it to the number of a device, from 0.
            - Models:b:GpuLayers is -3. Set it to a number of layers, or to -1 for all.
            - Models:b:Tokenizer is 7. Set it to trained or native.
            - Models:b:ChatTemplate is 'no/such.jinja', and there is no such file in {Folders}.
            - Models:b:Adapters:0:Path is 'no/such/adapter.gguf', and there is no such file in {Folders}.
            - Models:b:LibraryPath is 'no/such/folder', and there is no such file or folder in {Folders}.
            - Models:c:Backend is 'fakee', which is not registered. Did you mean 'fake'?
            - Models:c:ChatTemplate is 'chatlm', which is neither a family nor a file. Did you mean 'chatml'?
            """.ReplaceLineEndings("\n"),
            error.Message);
    }

    [Fact]
    public void Mistakes_of_gates_and_of_times_come_with_the_others()
    {
        var error = Assert.Throws<OptionsValidationException>(() => Read(
            ("Engine:Models:default:Path", File),
            ("Engine:Models:default:Gate:Text", "a"),
            ("Engine:Models:default:Gate:File", "no/such/text.txt"),
            ("Engine:Models:default:Load", "later"),
            ("Engine:Models:default:UnloadAfter", "-00:01:00"),
            ("Engine:Models:a:Path", File), ("Engine:Models:a:Gate:Oracle", "b"), ("Engine:Models:a:Gate:Nmse", "-1"), ("Engine:Models:a:Gate:Numerics", "exact"),
            ("Engine:Models:b:Path", File), ("Engine:Models:b:Gate:Oracle", "A"), ("Engine:Models:b:UnloadAfter", "90"),
            ("Engine:Models:c:Path", File), ("Engine:Models:c:Gate:Oracle", "c"),
            ("Engine:Models:d:Path", File), ("Engine:Models:d:Gate:Oracle", "defualt"),
            ("Engine:Models:e:Path", File), ("Engine:Models:e:Gate:Oracle", "reference"), ("Engine:Models:e:Gate:Limit", "1")));
        Assert.Equal(
            $"""
            Reading the configuration section 'Engine': expected models that can be loaded, found 14 mistakes.
            - Models:a:Gate:Numerics is 'exact'. Set it to production or strict.
            - Models:b:UnloadAfter is '90'. Set it to hours:minutes:seconds, such as 00:10:00.
            - Models:default:Load is 'later'. Set it to atstart or onuse.
            - Models:e:Gate:Limit is not a known key. Known are Oracle, Text, File, Numerics, Nmse.
            - Models:a:Gate:Oracle is 'b', which is judged by 'a' in turn. Set it to a model that is known to be right.
            - Models:a:Gate:Nmse is -1. Set it to a number above 0, such as 0.05.
            - Models:b:Gate:Oracle is 'A', which is judged by 'b' in turn. Set it to a model that is known to be right.
            - Models:c:Gate:Oracle is 'c', which is judged by itself. Set it to a model that is known to be right.
            - Models:d:Gate:Oracle is 'defualt', and there is no such model. Did you mean 'default'?
            - Models:default:UnloadAfter is -00:01:00. Set it to a time above 0 as hours:minutes:seconds, or leave it out to keep the model loaded.
            - Models:default:Gate:Oracle is empty. Set it to the name of another model, or to reference.
            - Models:default:Gate:Text and Gate:File are both set. Set one of them.
            - Models:default:Gate:File is 'no/such/text.txt', and there is no such file in {Folders}.
            - Models:e:Gate:Oracle is 'reference', and that backend is not registered. Add the call AddReferenceModels() after AddEngine().
            """.ReplaceLineEndings("\n"),
            error.Message);
    }

    [Fact]
    public void Checks_of_answers_are_checked_themselves()
    {
        var error = Assert.Throws<OptionsValidationException>(() => Read(
            ("Engine:Models:default:Path", File), ("Engine:Models:oracle:Path", File),
            ("Engine:Shadow:Rate", "5"), ("Engine:Shadow:Oracle", "orakle"), ("Engine:Shadow:Models", "defualt"), ("Engine:Shadow:CpuShare", "0"), ("Engine:Shadow:Queue", "0"),
            ("Engine:Shadow:FullRows", "0"), ("Engine:Shadow:LayersEvery", "-1"), ("Engine:Shadow:TopK", "none"), ("Engine:Shadow:Keep", "true"), ("Engine:Shadow:Alarm:Window", "10"), ("Engine:Shadow:Alarm:Verdicts", "3"),
            ("Engine:Shadow:Alarm:Share", "1"), ("Engine:Shadow:Alarm:Webhook", "example.org"), ("Engine:Shadow:Alarm:Hook", "x")));
        Assert.Equal(
            """
            Reading the configuration section 'Engine': expected models that can be loaded, found 14 mistakes.
            - Shadow:Alarm:Hook is not a known key. Known are Window, Verdicts, Least, Share, Webhook.
            - Shadow:Alarm:Window is '10'. Set it to hours:minutes:seconds, such as 00:10:00.
            - Shadow:Keep is not a known key. Did you mean KeepText?
            - Shadow:TopK is 'none'. Set it to a whole number.
            - Shadow:Rate is 5. Set it to a share of the generations from 0 to 1, such as 0.05.
            - Shadow:Oracle is 'orakle', and there is no such model. Did you mean 'oracle'?
            - Shadow:Models has 'defualt', and there is no such model. Did you mean 'default'?
            - Shadow:CpuShare is 0. Set it to a share of one core above 0 and up to 1, such as 0.25.
            - Shadow:Queue is 0. Set it to 1 or more samples that may wait.
            - Shadow:FullRows is 0. Set it to 1 or more steps of which all logits are kept.
            - Shadow:LayersEvery is -1. Set it to the number of samples of which one is compared op by op, or to 0 for none.
            - Shadow:Alarm:Least is 5. Set it to a number of verdicts from 1 to Alarm:Verdicts, which is 3.
            - Shadow:Alarm:Share is 1. Set it to a share of failures from 0 to below 1, such as 0.2.
            - Shadow:Alarm:Webhook is 'example.org'. Set it to an address that begins with https:// or http://.
            """, error.Message);
    }

    [Fact]
    public void A_backend_that_is_not_built_in_is_named_with_how_to_get_it()
    {
        var error = Assert.Throws<OptionsValidationException>(() => Read(("Engine:Models:default:Path", File), ("Engine:Models:default:Backend", "LLamaSharp")));
        Assert.Contains("Models:default:Backend is 'LLamaSharp', which is not registered", error.Message, StringComparison.Ordinal);
        Assert.Contains("Build without -p:LLamaSharp=false", error.Message, StringComparison.Ordinal);
        Assert.Contains("AddLLamaSharp()", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_configuration_without_models_says_what_to_set()
    {
        var error = Assert.Throws<OptionsValidationException>(() => Read());
        Assert.Equal(
            "Reading the configuration section 'Engine': expected models that can be loaded, found 1 mistake.\n"
            + "- Models is empty. Set Models:default:Path to the path of a GGUF file.",
            error.Message);
    }

    [Fact]
    public void A_configuration_without_models_names_the_file_it_has_not_found()
    {
        using var folder = new TemporaryFolder();
        string expected = folder.File("appsettings.json");
        var error = Assert.Throws<OptionsValidationException>(() => Read(Files(expected, folder.File("appsettings.Production.json"))));
        Assert.EndsWith(
            $"\n- Models is empty, and there is no '{expected}' to read. Start the program in the folder of its appsettings.json, make that folder its content root "
            + "(--contentRoot FOLDER), or set Models:default:Path to the path of a GGUF file.",
            error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_configuration_without_models_names_the_files_it_has_read()
    {
        using var folder = new TemporaryFolder();
        string read = folder.File("appsettings.json", "{}"u8.ToArray());
        var error = Assert.Throws<OptionsValidationException>(() => Read(Files(read, folder.File("appsettings.Production.json"))));
        Assert.EndsWith($"\n- Models is empty in '{read}'. Set Models:default:Path to the path of a GGUF file.", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_chat_template_is_a_family_or_a_file_that_is_found_as_other_files_are()
    {
        string template = Path.Combine(AppContext.BaseDirectory, $"{Path.GetRandomFileName()}.jinja");
        System.IO.File.WriteAllText(template, "{{ messages[0].content }}");
        try
        {
            EngineOptions options = Read(
                ("Engine:Models:default:Path", File), ("Engine:Models:default:ChatTemplate", Path.GetFileName(template)),
                ("Engine:Models:family:Path", File), ("Engine:Models:family:ChatTemplate", "ChatML"),
                ("Engine:Models:own:Path", File), ("Engine:Models:own:ChatTemplate", ""));
            Assert.Equal((template, "ChatML"), (options.Models["default"].ChatTemplate, options.Models["family"].ChatTemplate));
        }
        finally
        {
            System.IO.File.Delete(template);
        }
    }

    [Fact]
    public void Every_value_is_read_and_keys_have_no_case()
    {
        EngineOptions options = Read(
            ("engine:models:Only:path", File), ("Engine:Models:Only:BACKEND", "FAKE"), ("Engine:Models:Only:Device", "Cuda"),
            ("Engine:Models:Only:ContextLength", "512"), ("Engine:Models:Only:Slots", "3"), ("Engine:Models:Only:Threads", "2"),
            ("Engine:Models:Only:Queue", "5"), ("Engine:Models:Only:CacheTokens", "1024"), ("Engine:Models:Only:Exact", "true"), ("Engine:Models:Only:Arithmetic", "ggml"),
            ("Engine:Models:Only:Adapters:0:path", File), ("Engine:Models:Only:Adapters:0:Scale", "0.5"), ("Engine:Models:Only:Adapters:1:Path", File),
            ("Engine:Models:Only:CacheType", "q8_0"), ("Engine:Models:Only:FlashAttention", "on"), ("Engine:Models:Only:MicroBatch", "32"), ("Engine:Models:Only:Repack", "false"),
            ("Engine:Models:Only:BatchThreads", "1"), ("Engine:Models:Only:SplitMode", "row"), ("Engine:Models:Only:MainDevice", "1"),
            ("Engine:Models:Only:TensorSplit:0", "3"), ("Engine:Models:Only:TensorSplit:1", "1.5"),
            ("Engine:Models:Only:GpuLayers", "7"), ("Engine:Models:Only:LibraryPath", File));
        ModelOptions model = options.Models["only"];
        Assert.Equal((File, "FAKE", "Cuda", 512, 3, 2, 7, File),
            (model.Path, model.Backend, model.Device, model.ContextLength, model.Slots, model.Threads, model.GpuLayers, model.LibraryPath));
        Assert.Equal((5, 1024, true, Arithmetic.Ggml), (model.Queue, model.CacheTokens, model.Exact, model.Arithmetic));
        Assert.Equal((CacheType.Q8_0, FlashAttention.On, 32, false, 1, SplitMode.Row, 1),
            (model.CacheType, model.FlashAttention, model.MicroBatch, model.Repack, model.BatchThreads, model.SplitMode, model.MainDevice));
        Assert.Equal([3, 1.5f], model.TensorSplit);
        Assert.Equal([(File, 0.5f), (File, 1)], model.Adapters.Select(adapter => (adapter.Path, adapter.Scale)));
    }

    private static EngineOptions Read(params (string Key, string Value)[] settings) => Read(new ConfigurationBuilder()
        .AddInMemoryCollection(settings.Select(setting => KeyValuePair.Create(setting.Key, (string?)setting.Value))).Build());

    private static IConfiguration Files(params string[] paths) =>
        paths.Aggregate((IConfigurationBuilder)new ConfigurationBuilder(), (builder, path) => builder.AddJsonFile(path, optional: true)).Build();

    private static EngineOptions Read(IConfiguration configuration)
    {
        var services = new ServiceCollection();
        services.AddEngine(configuration).Services.AddSingleton<IModelBackend>(new FakeBackend());
        using ServiceProvider provider = services.BuildServiceProvider();
        return provider.GetRequiredService<IOptions<EngineOptions>>().Value;
    }
}
