namespace Engine.Gguf;

/// <summary>Keys of the format itself and keys common to all models. The keys of an architecture begin with its name.</summary>
internal static class GgufKeys
{
    public const string Architecture = "general.architecture";
    public const string Name = "general.name";
    public const string FileType = "general.file_type";
    public const string QuantizationVersion = "general.quantization_version";
    public const string Alignment = "general.alignment";
    public const string SplitNumber = "split.no";
    public const string SplitCount = "split.count";
    public const string SplitTensorCount = "split.tensors.count";
    public const string TokenizerModel = "tokenizer.ggml.model";
    public const string TokenizerPre = "tokenizer.ggml.pre";
    public const string Tokens = "tokenizer.ggml.tokens";
    public const string Scores = "tokenizer.ggml.scores";
    public const string TokenTypes = "tokenizer.ggml.token_type";
    public const string Merges = "tokenizer.ggml.merges";
    public const string BosToken = "tokenizer.ggml.bos_token_id";
    public const string EosToken = "tokenizer.ggml.eos_token_id";
    public const string UnknownToken = "tokenizer.ggml.unknown_token_id";
    public const string SeparatorToken = "tokenizer.ggml.seperator_token_id"; // spelled like this in the format
    public const string PaddingToken = "tokenizer.ggml.padding_token_id";
    public const string ClassificationToken = "tokenizer.ggml.cls_token_id";
    public const string MaskToken = "tokenizer.ggml.mask_token_id";
    public const string ChatTemplate = "tokenizer.chat_template";
    public const string TokenTypeCount = "tokenizer.ggml.token_type_count";
    public const string AddBos = "tokenizer.ggml.add_bos_token";
    public const string AddEos = "tokenizer.ggml.add_eos_token";
    public const string SuppressedTokens = "tokenizer.ggml.suppress_tokens";
    public const string AddSpacePrefix = "tokenizer.ggml.add_space_prefix";
}
