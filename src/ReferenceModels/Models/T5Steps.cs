using ReferenceModels.Ops;
using ReferenceModels.Weights;

namespace ReferenceModels.Models;

/// <summary>The steps that encoder and decoder of a <see cref="T5"/> share, under llama.cpp's names.</summary>
internal static class T5Steps
{
    /// <summary>The rows of tokens (T, d).</summary>
    public static Tensor Embed(State s, Weight embedding, ReadOnlySpan<int> tokens) => Dropout.Forward(s.Pass, NamedSteps.Embedding(s, embedding, tokens));

    /// <summary>(T, d) → (T, d).</summary>
    public static Tensor Norm(T5Config c, State s, Tensor x, Weight gain, string name, int layer) => NamedSteps.RmsNorm(s, x, gain, c.Epsilon, name, layer);

    /// <summary>(T, in) → (T, out).</summary>
    public static Tensor Project(State s, Weight weight, Tensor x, string name, int layer) => NamedSteps.Product(s, weight, x, name, layer);

    /// <summary>(T, d) → (T, H·d_k), which llama.cpp splits into heads.</summary>
    public static Tensor ProjectHeads(T5Config c, State s, Weight weight, Tensor x, string name, int layer)
    {
        Tensor y = Project(s, weight, x, name, layer);
        s.Tap?.Take(name, layer, "RESHAPE", y, c.d_k);
        return y;
    }

    /// <summary>(H·T, first + T). Most layers use layer 0's table and share its bias, but under a tap each computes its own.</summary>
    public static Tensor PositionBias(T5Config c, State s, IReadOnlyList<T5Layer> stack, int i, Tensor bias_0, int T, int first, bool bidirectional)
    {
        Tensor pos_bias = s.Tap is null && stack[i].RelB == stack[0].RelB
            ? bias_0 : RelativePositionBias.Forward(s.Pass, stack[i].RelB, T, first + T, first, bidirectional);
        s.Tap?.Take("pos_bias", -1, "CONT", pos_bias, [first + T, T, c.H]);
        return pos_bias;
    }

    /// <summary>ffn_inp + FFN(ffn_norm), (T, d).</summary>
    public static Tensor FeedForward(State s, T5Layer L, Tensor ffn_inp, Tensor ffn_norm, int i, bool last)
    {
        Tensor? ffn_gate = L.FfnGate is null ? null : Project(s, L.FfnGate, ffn_norm, "ffn_gate", i); // (T, f)
        Tensor ffn_up = Project(s, L.FfnUp, ffn_norm, "ffn_up", i), activated;                     // (T, f)
        if (ffn_gate is { } gate)
        {
            activated = GeGlu.Forward(s.Pass, gate, ffn_up);                                       // (T, f)
            s.Tap?.Take("ffn_geglu", i, "GLU", activated);
        }
        else
        {
            activated = Relu.Forward(s.Pass, ffn_up);                                              // (T, f)
            s.Tap?.Take("ffn_relu", i, "UNARY", activated);
        }
        Tensor ffn_out = Project(s, L.FfnDown, Dropout.Forward(s.Pass, activated), "ffn_out", i);                           // (T, d)
        // llama.cpp names the last layer's output after its use.
        return last ? Add(s, ffn_out, ffn_inp, "result_embd", -1) : Add(s, ffn_out, ffn_inp, "l_out", i);
    }

    /// <summary>f + x, (T, d).</summary>
    public static Tensor Add(State s, Tensor f, Tensor x, string name, int layer)
    {
        Tensor y = Residual.Forward(s.Pass, Dropout.Forward(s.Pass, f), x);
        s.Tap?.Take(name, layer, "ADD", y);
        return y;
    }
}
