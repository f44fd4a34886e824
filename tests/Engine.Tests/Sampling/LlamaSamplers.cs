using System.Runtime.InteropServices;
using Engine.LlamaCpp.Runtime;

namespace Engine.Tests.Sampling;

/// <summary>llama.cpp's own samplers, in a chain of libllama's.</summary>
internal sealed unsafe class LlamaSamplers : IDisposable
{
    private static readonly nint Library = NativeLibrary.Load(NativeLibraryLocator.Find(null, AppContext.BaseDirectory));

    private readonly int _vocabulary;
    private readonly nint _chain = ((delegate* unmanaged[Cdecl]<byte, nint>)Export("chain_init"))(1); // no_perf, the one field of its parameters

    public LlamaSamplers(int vocabulary) => _vocabulary = vocabulary;

    public void Dispose() => ((delegate* unmanaged[Cdecl]<nint, void>)Export("free"))(_chain);

    /// <summary>What common_sampler_init adds for such options: the samplers of a sequence and the draw, or Mirostat.</summary>
    public void Add(SamplingOptions options, uint seed)
    {
        if (options.Mirostat > 0)
        {
            Add(((delegate* unmanaged[Cdecl]<float, nint>)Export("init_temp"))(options.Temperature!.Value));
            Add(options.Mirostat == 1
                ? ((delegate* unmanaged[Cdecl]<int, uint, float, float, int, nint>)Export("init_mirostat"))(_vocabulary, seed, options.MirostatTau!.Value, options.MirostatEta!.Value, 100)
                : ((delegate* unmanaged[Cdecl]<uint, float, float, nint>)Export("init_mirostat_v2"))(seed, options.MirostatTau!.Value, options.MirostatEta!.Value));
            return;
        }
        foreach (string name in options.Samplers!.Split(';', StringSplitOptions.RemoveEmptyEntries))
        {
            switch (name)
            {
                case "penalties":
                    int window = options.PenaltyWindow!.Value < 0 ? 1 << 12 : options.PenaltyWindow.Value;
                    Add(((delegate* unmanaged[Cdecl]<int, int, float, float, float, nint>)Export("init_penalties"))(
                        _vocabulary, window, options.RepetitionPenalty!.Value, options.FrequencyPenalty!.Value, options.PresencePenalty!.Value));
                    break;
                case "top_k":
                    Add(((delegate* unmanaged[Cdecl]<int, nint>)Export("init_top_k"))(options.TopK!.Value));
                    break;
                case "top_p":
                    Add(((delegate* unmanaged[Cdecl]<float, nuint, nint>)Export("init_top_p"))(options.TopP!.Value, 0));
                    break;
                case "min_p":
                    Add(((delegate* unmanaged[Cdecl]<float, nuint, nint>)Export("init_min_p"))(options.MinP!.Value, 0));
                    break;
                case "xtc":
                    Add(((delegate* unmanaged[Cdecl]<float, float, nuint, uint, nint>)Export("init_xtc"))(options.XtcProbability!.Value, options.XtcThreshold!.Value, 0, seed));
                    break;
                case "temperature":
                    Add(((delegate* unmanaged[Cdecl]<float, float, float, nint>)Export("init_temp_ext"))(options.Temperature!.Value, 0, 1));
                    break;
                default:
                    throw new ArgumentException($"'{name}' is not in this chain.", nameof(options));
            }
        }
        Add(((delegate* unmanaged[Cdecl]<uint, nint>)Export("init_dist"))(seed));
    }

    public void Accept(int token) => ((delegate* unmanaged[Cdecl]<nint, int, void>)Export("accept"))(_chain, token);

    /// <summary>The tokens that are left of a row, with their probabilities, and the one that was drawn.</summary>
    public (Dictionary<int, double> Left, int Drawn) Apply(float[] logits)
    {
        Candidate[] candidates = [.. logits.Select((logit, token) => new Candidate { id = token, logit = logit })];
        fixed (Candidate* data = candidates)
        {
            var array = new CandidateArray { data = data, size = (nuint)candidates.Length, selected = -1 };
            ((delegate* unmanaged[Cdecl]<nint, CandidateArray*, void>)Export("apply"))(_chain, &array);
            var left = new Dictionary<int, double>();
            for (int i = 0; i < (int)array.size; i++)
            {
                left.Add(array.data[i].id, array.data[i].p);
            }
            return (left, array.data[array.selected].id);
        }
    }

    private void Add(nint sampler) => ((delegate* unmanaged[Cdecl]<nint, nint, void>)Export("chain_add"))(_chain, sampler);

    private static nint Export(string name) => NativeLibrary.GetExport(Library, "llama_sampler_" + name);

    // llama_token_data and llama_token_data_array of llama.h.
    [StructLayout(LayoutKind.Sequential)]
    private struct Candidate
    {
        public int id;
        public float logit;
        public float p;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct CandidateArray
    {
        public Candidate* data;
        public nuint size;
        public long selected;
        public byte sorted;
    }
}
