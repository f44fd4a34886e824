using Engine;
using Engine.Benchmarks;
using Engine.Benchmarks.Measurements;
using Engine.Benchmarks.Soak;
using Engine.LlamaCpp.Direct;

const string Usage = """
    usage: dotnet run -c Release --project benchmarks/Engine.Benchmarks -- WHAT
      kernels [TYPE]              GB/s and GFLOPS of the product with a weight of each block format
      micro [BENCHMARKDOTNET …]   the same under BenchmarkDotNet
      measurements [--threads N] [--pairs 9] [--prompt 64] [--decode 16] [--context 2048] [--sequences 8] [--arithmetic exact|ggml] [--python PYTHON] MODEL …
                              managed reference against llama.cpp, in turns in one process: prefill, decode, long contexts, several sequences, load, memory,
                              beside what the machine reads and multiplies, and with a Python that has PyTorch, training: the tables of docs/measurements.md
      batch MODEL [THREADS]       managed reference, 1 to 16 sequences in a step: tokens/s, ratios to one
      overhead MODEL [THREADS [TOKENS]]  IModel against a bare loop on the C API, in pairs that take turns
      tokenizers VOCABULARY …     managed tokenizers against llama.cpp's on 1 MB of mixed text, interleaved: MB/s, ratios
      training [PYTHON [THREADS]]  training steps against PyTorch's, interleaved, from the repository's root: tokens/s, ratios, losses
      serving MODEL HOST_DLL LLAMA_SERVER [SLOTS [ROUNDS [CLIENTS …]]]
                              engine serve against llama-server over HTTP, in turns; default 16 3 1 4 16
      http                         what the HTTP API costs without a model, by wrk: requests/s beside an empty endpoint, streamed tokens/s
      remote                       a scripted model in another process over a Unix socket: latency and processor time of a token, rows beside a bare stream of bytes
      together MODEL [TOKENS]      two models of a process that generate at once against one alone; default 24
      embedding MODEL LLAMA_SERVER [BACKEND]  EmbedAsync against llama-server's /v1/embeddings, 256 short texts, in turns
      sampling [V]                 what choosing a token costs, by the settings; default 128256
      constraints SCHEMAS VOCABULARY [list] [any-order]  JSON schemas as constraints in MaskBench's terms: masks, compile times, coverage
      constrained MODEL            eight answers at once under a JSON schema against eight free ones, in turns
      shadow MODEL [RATE [ROUNDS]] requests whose answers are checked against others, in turns: median and p95; default 0.05 20
      cancellation MODEL [THREADS]  how long a cancelled prefill keeps its slot
      soak HOST_DLL [--minutes 60] [--workers 4] [--shadow RATE] [--out FOLDER]
                              mixed load on the real server by all doors, swaps and killed processes: was anything lost, did anything leak? CSV, plot, figures (Linux)
      quality [FOLDER [COUNT]]    the figures in the cards of the models that ship, on held-out texts; default models 300
      make-model OUT [TYPE]       random weights of Llama-3.2-1B's shape: F16 (default), Q8_0, Q4_0, Q4_K_M, Q5_K_M, Q6_K, BF16
      make-odd-model OUT [TYPE]   the same of Qwen2.5-0.5B's shape, whose widths are not whole numbers of K-quant blocks
      make-small-model OUT [TYPE] the same with 100 million weights
    """;
try
{
    switch (args)
    {
        case ["kernels", .. var rest]:
            KernelTable.Print(rest.FirstOrDefault());
            break;
        case ["micro", .. var rest]:
            BenchmarkDotNet.Running.BenchmarkRunner.Run<LinearBenchmarks>(args: rest);
            break;
        case ["measurements", _, ..]:
            Comparison.Run(Settings.Parse(args[1..]));
            break;
        case ["first-token", var model, var side, .. var rest]:
            FirstToken.Run(model, side, Settings.Parse(rest));
            break;
        case ["batch", var model, .. var rest]:
            Batching.Run(model, rest.Length > 0 ? int.Parse(rest[0], null) : Environment.ProcessorCount);
            break;
        case ["overhead", var model, .. var rest]:
            await Overhead.RunAsync(model, rest.Length > 0 ? int.Parse(rest[0], null) : Environment.ProcessorCount, rest.Length > 1 ? int.Parse(rest[1], null) : 100);
            break;
        case ["tokenizers", _, ..]:
            TokenizerComparison.Run(args[1..]);
            break;
        case ["training", .. var rest]:
            TrainingComparison.Run(rest.Length > 0 ? rest[0] : "python3", rest.Length > 1 ? int.Parse(rest[1], null) : Environment.ProcessorCount);
            break;
        case ["serving", var model, var host, var server, .. var rest]:
            int[] numbers = [.. rest.Select(number => int.Parse(number, null))];
            await ServingComparison.RunAsync(model, host, server, numbers.ElementAtOrDefault(0) is > 0 and var slots ? slots : 16,
                numbers.ElementAtOrDefault(1) is > 0 and var rounds ? rounds : 3, numbers.Length > 2 ? numbers[2..] : [1, 4, 16]);
            break;
        case ["http"]:
            await HttpOverhead.RunAsync();
            break;
        case ["remote"]:
            await RemoteOverhead.RunAsync();
            break;
        case ["remote-server", var socket, var bare]:
            await RemoteOverhead.ServeAsync(socket, bare);
            break;
        case ["together", var model, .. var rest]:
            await TwoModels.RunAsync(model, rest.Length > 0 ? int.Parse(rest[0], null) : 24);
            break;
        case ["embedding", var model, var server, .. var rest]:
            await EmbeddingComparison.RunAsync(model, server, rest.FirstOrDefault() ?? LlamaCppBackend.BackendName);
            break;
        case ["sampling", .. var rest]:
            SamplingTable.Print(rest.Length > 0 ? int.Parse(rest[0], null) : 128_256);
            break;
        case ["constraints", var schemas, var vocabulary, .. var rest]:
            MaskBench.Run(schemas, vocabulary, rest.Contains("list"), rest.Contains("any-order"));
            break;
        case ["constrained", var model]:
            await ConstrainedSteps.RunAsync(model);
            break;
        case ["shadow", var model, .. var rest]:
            await ShadowLatency.RunAsync(model, rest.Length > 0 ? double.Parse(rest[0], System.Globalization.CultureInfo.InvariantCulture) : 0.05, rest.Length > 1 ? int.Parse(rest[1], null) : 20);
            break;
        case ["cancellation", var model, .. var rest]:
            await Cancellation.RunAsync(model, rest.Length > 0 ? int.Parse(rest[0], null) : Environment.ProcessorCount);
            break;
        case ["quality", .. var rest]:
            await ShippedModels.RunAsync(rest.Length > 0 ? rest[0] : "models", rest.Length > 1 ? int.Parse(rest[1], null) : 300);
            break;
        case ["soak", var host, .. var rest]:
            return await SoakRun.RunAsync(SoakOptions.Parse(host, rest));
        case ["make-model", var path]:
            RandomModel.Large.Make(path, "F16");
            break;
        case ["make-model", var path, var type]:
            RandomModel.Large.Make(path, type);
            break;
        case ["make-odd-model", var path, .. var rest]:
            RandomModel.Odd.Make(path, rest.FirstOrDefault() ?? "F16");
            break;
        case ["make-small-model", var path, .. var rest]:
            RandomModel.Small.Make(path, rest.FirstOrDefault() ?? "F16");
            break;
        default:
            Console.Error.WriteLine(Usage);
            return 2;
    }
    return 0;
}
catch (EngineException e)
{
    Console.Error.WriteLine(e.Message);
    return 2;
}
