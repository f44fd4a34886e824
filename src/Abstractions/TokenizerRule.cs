namespace Engine;

/// <summary>Whose tokenizer rules apply where the model's makers and llama.cpp differ.</summary>
public enum TokenizerRule
{
    /// <summary>As the model was trained: the managed tokenizers split, as Hugging Face's do, and every backend is fed their ids.</summary>
    Trained,

    /// <summary>As llama.cpp splits: its own tokenizer on the backends over it; on the reference, the managed one by llama.cpp's rule.</summary>
    Native,
}
