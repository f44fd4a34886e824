namespace Engine.HuggingFace.Families;

/// <summary>A model's configuration in the papers' letters, as needed to run the weights as transformers runs them.</summary>
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

/// <summary>The settings of a LLaMA, or of a descendant that differs only in biases and norms.</summary>
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
    /// <summary>Whether the output of attention has a bias.</summary>
    public bool OutputBias { get; init; } = AttentionBias;

    /// <summary>Whether each head of queries and keys is normalized before it is rotated.</summary>
    public bool NormalizesHeads { get; init; }

    /// <summary>A mixture of experts instead of the feed-forward; null for none.</summary>
    public ExpertSettings? Experts { get; init; }
}

/// <summary>The settings of a mixture of experts.</summary>
/// <param name="E">The number of experts.</param>
/// <param name="k">num_experts_per_tok: how many experts a token goes to.</param>
/// <param name="f">The width of an expert.</param>
/// <param name="Block">The name of the mixture in a layer.</param>
/// <param name="Gate">The name of an expert's gate matrix.</param>
/// <param name="Up">The name of the matrix whose product is gated.</param>
/// <param name="Down">The name of an expert's last matrix.</param>
internal sealed record ExpertSettings(int E, int k, int f, string Block, string Gate, string Up, string Down);

/// <summary>The settings of a Gemma 2 or 3.</summary>
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
/// <param name="Local">(N): whether each layer sees only a window.</param>
internal sealed record GemmaSettings(
    int V, int d, int Positions, int f, int N, int H, int G, int d_k, double Epsilon, double QueryScalar, RopeSettings Rope, RopeSettings LocalRope, int Window, bool[] Local)
    : RotarySettings(V, d, Positions, f, N, H, G)
{
    /// <summary>The prefix of the tensors' names. It differs in a Gemma 3 with a vision tower.</summary>
    public string Prefix { get; init; } = "model.";

    /// <summary>attn_logit_softcapping; 0 for none.</summary>
    public double ScoreCap { get; init; }

    /// <summary>final_logit_softcapping; 0 for none.</summary>
    public double LogitCap { get; init; }

    /// <summary>Whether each head of queries and keys is normalized before it is rotated, as in Gemma 3.</summary>
    public bool NormalizesHeads { get; init; }

    /// <summary>tie_word_embeddings.</summary>
    public bool IsTied { get; init; } = true;
}

/// <summary>The settings of a Phi-3.</summary>
/// <param name="V">Rows of the token embedding.</param>
/// <param name="d">hidden_size.</param>
/// <param name="Positions">The longest input.</param>
/// <param name="f">intermediate_size.</param>
/// <param name="N">num_hidden_layers.</param>
/// <param name="H">num_attention_heads.</param>
/// <param name="G">num_key_value_heads.</param>
/// <param name="Rotated">How many numbers of a head are rotated, from the first on.</param>
/// <param name="Epsilon">rms_norm_eps.</param>
/// <param name="Rope">rope_theta and rope_scaling.</param>
/// <param name="IsTied">tie_word_embeddings.</param>
internal sealed record Phi3Settings(int V, int d, int Positions, int f, int N, int H, int G, int Rotated, double Epsilon, RopeSettings Rope, bool IsTied)
    : RotarySettings(V, d, Positions, f, N, H, G)
{
    /// <summary>The width of a head.</summary>
    public int d_k => d / H;
}

/// <summary>The settings of a GPT-2.</summary>
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

/// <summary>The settings of a BERT.</summary>
/// <param name="V">Rows of the token embedding.</param>
/// <param name="d">hidden_size.</param>
/// <param name="Positions">max_position_embeddings.</param>
/// <param name="f">intermediate_size.</param>
/// <param name="N">num_hidden_layers.</param>
/// <param name="H">num_attention_heads.</param>
/// <param name="S">type_vocab_size.</param>
/// <param name="Epsilon">layer_norm_eps.</param>
/// <param name="ExactGelu">Whether it was trained with the erf form of GELU; llama.cpp has only the tanh form.</param>
/// <param name="Prefix">Before the names of the tensors.</param>
internal sealed record BertSettings(int V, int d, int Positions, int f, int N, int H, int S, double Epsilon, bool ExactGelu, string Prefix) : TrainedSettings(V, d, Positions);

/// <summary>The settings of a T5.</summary>
/// <param name="V">Rows of the token embedding.</param>
/// <param name="d">d_model.</param>
/// <param name="Positions">The context that llama.cpp plans for; the model itself has no limit.</param>
/// <param name="f">d_ff.</param>
/// <param name="N">num_layers.</param>
/// <param name="M">num_decoder_layers.</param>
/// <param name="H">num_heads.</param>
/// <param name="d_k">d_kv.</param>
/// <param name="Buckets">relative_attention_num_buckets.</param>
/// <param name="Epsilon">layer_norm_epsilon.</param>
/// <param name="IsGated">Whether the feed-forward is a gated GELU; otherwise it is a ReLU.</param>
/// <param name="IsTied">tie_word_embeddings.</param>
/// <param name="StartToken">decoder_start_token_id.</param>
internal sealed record T5Settings(
    int V, int d, int Positions, int f, int N, int M, int H, int d_k, int Buckets, double Epsilon, bool IsGated, bool IsTied, int StartToken)
    : TrainedSettings(V, d, Positions);

/// <summary>The settings of rotary positions.</summary>
/// <param name="Base">rope_theta.</param>
/// <param name="Kind">rope_type.</param>
/// <param name="Factor">factor.</param>
/// <param name="OriginalContext">original_max_position_embeddings.</param>
/// <param name="LowFrequency">low_freq_factor, of llama3.</param>
/// <param name="HighFrequency">high_freq_factor, of llama3.</param>
/// <param name="AttentionFactor">attention_factor of yarn; null for 0.1·ln(factor) + 1. For longrope, computed from the contexts if the file does not give it.</param>
internal sealed record RopeSettings(
    double Base, string Kind, double Factor = 1, int OriginalContext = 0, double LowFrequency = 1, double HighFrequency = 4, double? AttentionFactor = null)
{
    /// <summary>short_factor of longrope: the divisor of each frequency for inputs within the original context.</summary>
    public float[]? ShortFactors { get; init; }

    /// <summary>long_factor of longrope: the same for longer inputs.</summary>
    public float[]? LongFactors { get; init; }
}
