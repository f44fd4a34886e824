namespace Engine.HuggingFace.Families;

/// <summary>What a configuration says of a model, in the papers' letters: by it the weights can be run as transformers runs them.</summary>
/// <param name="V">Rows of the token embedding.</param>
/// <param name="d">Width of the residual stream.</param>
/// <param name="Positions">The longest input.</param>
internal abstract record TrainedSettings(int V, int d, int Positions);

/// <summary>The settings of LLaMA and its descendants.</summary>
/// <param name="V">Rows of the token embedding.</param>
/// <param name="d">hidden_size.</param>
/// <param name="Positions">The longest input.</param>
/// <param name="f">intermediate_size.</param>
/// <param name="N">num_hidden_layers.</param>
/// <param name="H">num_attention_heads.</param>
/// <param name="G">num_key_value_heads.</param>
internal abstract record RotarySettings(int V, int d, int Positions, int f, int N, int H, int G) : TrainedSettings(V, d, Positions);

/// <summary>A LLaMA's, or a descendant's that differs in biases and norms alone.</summary>
/// <param name="V">Rows of the token embedding.</param>
/// <param name="d">hidden_size.</param>
/// <param name="Positions">max_position_embeddings.</param>
/// <param name="f">intermediate_size.</param>
/// <param name="N">num_hidden_layers.</param>
/// <param name="H">num_attention_heads.</param>
/// <param name="G">num_key_value_heads.</param>
/// <param name="d_k">head_dim.</param>
/// <param name="Epsilon">rms_norm_eps.</param>
/// <param name="Rope">rope_theta and rope_scaling.</param>
/// <param name="IsTied">tie_word_embeddings.</param>
/// <param name="AttentionBias">attention_bias: of queries, keys and values.</param>
/// <param name="FeedForwardBias">mlp_bias.</param>
internal sealed record LlamaSettings(
    int V, int d, int Positions, int f, int N, int H, int G, int d_k, double Epsilon, RopeSettings Rope, bool IsTied, bool AttentionBias, bool FeedForwardBias)
    : RotarySettings(V, d, Positions, f, N, H, G)
{
    /// <summary>Whether what attention puts out has a bias.</summary>
    public bool OutputBias { get; init; } = AttentionBias;

    /// <summary>Whether each head of queries and keys is normalized before it turns.</summary>
    public bool NormalizesHeads { get; init; }

    /// <summary>A mixture of experts in the place of the feed-forward; null for none.</summary>
    public ExpertSettings? Experts { get; init; }
}

/// <summary>A mixture of experts.</summary>
/// <param name="E">How many there are.</param>
/// <param name="k">num_experts_per_tok: how many a token goes to.</param>
/// <param name="f">Width of one.</param>
/// <param name="Block">Name of the mixture in a layer.</param>
/// <param name="Gate">Name of an expert's gate.</param>
/// <param name="Up">Name of what is gated.</param>
/// <param name="Down">Name of an expert's last product.</param>
internal sealed record ExpertSettings(int E, int k, int f, string Block, string Gate, string Up, string Down);

/// <summary>A Gemma 2's or 3's.</summary>
/// <param name="V">Rows of the token embedding.</param>
/// <param name="d">hidden_size.</param>
/// <param name="Positions">max_position_embeddings.</param>
/// <param name="f">intermediate_size.</param>
/// <param name="N">num_hidden_layers.</param>
/// <param name="H">num_attention_heads.</param>
/// <param name="G">num_key_value_heads.</param>
/// <param name="d_k">head_dim.</param>
/// <param name="Epsilon">rms_norm_eps.</param>
/// <param name="QueryScalar">query_pre_attn_scalar: scores are divided by its root.</param>
/// <param name="Rope">The rotation in layers that see all positions.</param>
/// <param name="LocalRope">The rotation in layers that see a window.</param>
/// <param name="Window">sliding_window.</param>
/// <param name="Local">(N), whether a layer sees a window alone.</param>
internal sealed record GemmaSettings(
    int V, int d, int Positions, int f, int N, int H, int G, int d_k, double Epsilon, double QueryScalar, RopeSettings Rope, RopeSettings LocalRope, int Window, bool[] Local)
    : RotarySettings(V, d, Positions, f, N, H, G)
{
    /// <summary>Before the names of the tensors: a Gemma 3 may stand beside a vision tower.</summary>
    public string Prefix { get; init; } = "model.";

    /// <summary>attn_logit_softcapping; 0 for none.</summary>
    public double ScoreCap { get; init; }

    /// <summary>final_logit_softcapping; 0 for none.</summary>
    public double LogitCap { get; init; }

    /// <summary>Whether each head of queries and keys is normalized before it turns, as in Gemma 3.</summary>
    public bool NormalizesHeads { get; init; }

    /// <summary>tie_word_embeddings.</summary>
    public bool IsTied { get; init; } = true;
}

/// <summary>A Phi-3's.</summary>
/// <param name="V">Rows of the token embedding.</param>
/// <param name="d">hidden_size.</param>
/// <param name="Positions">The longest input.</param>
/// <param name="f">intermediate_size.</param>
/// <param name="N">num_hidden_layers.</param>
/// <param name="H">num_attention_heads.</param>
/// <param name="G">num_key_value_heads.</param>
/// <param name="Rotated">Numbers of a head that turn: the first ones.</param>
/// <param name="Epsilon">rms_norm_eps.</param>
/// <param name="Rope">rope_theta and rope_scaling.</param>
/// <param name="IsTied">tie_word_embeddings.</param>
internal sealed record Phi3Settings(int V, int d, int Positions, int f, int N, int H, int G, int Rotated, double Epsilon, RopeSettings Rope, bool IsTied)
    : RotarySettings(V, d, Positions, f, N, H, G)
{
    /// <summary>Width of a head.</summary>
    public int d_k => d / H;
}

/// <summary>A GPT-2's.</summary>
/// <param name="V">Rows of the token embedding.</param>
/// <param name="d">n_embd.</param>
/// <param name="Positions">n_positions.</param>
/// <param name="f">n_inner.</param>
/// <param name="N">n_layer.</param>
/// <param name="H">n_head.</param>
/// <param name="Epsilon">layer_norm_epsilon.</param>
/// <param name="Prefix">Before the names of the tensors.</param>
/// <param name="IsTied">tie_word_embeddings.</param>
internal sealed record Gpt2Settings(int V, int d, int Positions, int f, int N, int H, double Epsilon, string Prefix, bool IsTied) : TrainedSettings(V, d, Positions);

/// <summary>A BERT's.</summary>
/// <param name="V">Rows of the token embedding.</param>
/// <param name="d">hidden_size.</param>
/// <param name="Positions">max_position_embeddings.</param>
/// <param name="f">intermediate_size.</param>
/// <param name="N">num_hidden_layers.</param>
/// <param name="H">num_attention_heads.</param>
/// <param name="S">type_vocab_size.</param>
/// <param name="Epsilon">layer_norm_eps.</param>
/// <param name="ExactGelu">Whether it was trained with GELU by erf; llama.cpp has the tanh form alone.</param>
/// <param name="Prefix">Before the names of the tensors.</param>
internal sealed record BertSettings(int V, int d, int Positions, int f, int N, int H, int S, double Epsilon, bool ExactGelu, string Prefix) : TrainedSettings(V, d, Positions);

/// <summary>A T5's.</summary>
/// <param name="V">Rows of the token embedding.</param>
/// <param name="d">d_model.</param>
/// <param name="Positions">A context that llama.cpp plans with; there is no limit.</param>
/// <param name="f">d_ff.</param>
/// <param name="N">num_layers.</param>
/// <param name="M">num_decoder_layers.</param>
/// <param name="H">num_heads.</param>
/// <param name="d_k">d_kv.</param>
/// <param name="Buckets">relative_attention_num_buckets.</param>
/// <param name="Epsilon">layer_norm_epsilon.</param>
/// <param name="IsGated">Whether the feed-forward is a gated GELU; else a ReLU.</param>
/// <param name="IsTied">tie_word_embeddings.</param>
/// <param name="StartToken">decoder_start_token_id.</param>
internal sealed record T5Settings(
    int V, int d, int Positions, int f, int N, int M, int H, int d_k, int Buckets, double Epsilon, bool IsGated, bool IsTied, int StartToken)
    : TrainedSettings(V, d, Positions);

/// <summary>How positions turn.</summary>
/// <param name="Base">rope_theta.</param>
/// <param name="Kind">rope_type.</param>
/// <param name="Factor">factor.</param>
/// <param name="OriginalContext">original_max_position_embeddings.</param>
/// <param name="LowFrequency">low_freq_factor, of llama3.</param>
/// <param name="HighFrequency">high_freq_factor, of llama3.</param>
/// <param name="AttentionFactor">attention_factor of yarn; null for 0.1·ln(factor) + 1. Of longrope what follows from the contexts, where the file does not say it.</param>
internal sealed record RopeSettings(
    double Base, string Kind, double Factor = 1, int OriginalContext = 0, double LowFrequency = 1, double HighFrequency = 4, double? AttentionFactor = null)
{
    /// <summary>short_factor of longrope: what each frequency is divided by in inputs within the original context.</summary>
    public float[]? ShortFactors { get; init; }

    /// <summary>long_factor of longrope: the same in longer inputs.</summary>
    public float[]? LongFactors { get; init; }
}
