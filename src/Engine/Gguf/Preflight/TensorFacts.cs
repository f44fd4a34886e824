namespace Engine.Gguf.Preflight;

/// <summary>Checks how tensors are stored, and that tensors which llama.cpp assumes without checking are there.</summary>
internal static class TensorFacts
{
    // T5's bucket formula divides by the logarithm of 128 / (buckets / 2); its bidirectional form halves once more.
    private const uint MinBuckets = 4;
    private const uint MaxBuckets = 255;

    public static void Check(GgufFile file, Hyperparameters numbers)
    {
        if (!numbers.IsKnown)
        {
            return;
        }
        foreach (GgufTensor tensor in file.Tensors)
        {
            CheckType(file, tensor);
        }
        if (numbers.IsT5)
        {
            CheckRelativePositions(file, numbers);
        }
        if (numbers.Architecture == "phi3")
        {
            CheckProjections(file, numbers);
        }
        CheckClassifier(file, numbers);
    }

    // llama.cpp accepts a Phi-3 without them, and then multiplies by tensors that do not exist.
    private static void CheckProjections(GgufFile file, Hyperparameters numbers)
    {
        for (uint i = 0; i < (numbers.UInt32("block_count") ?? 0); i++)
        {
            string missing = ((string[])["attn_q", "attn_k", "attn_v"]).Select(name => $"blk.{i}.{name}.weight").FirstOrDefault(name => file.FindTensor(name) is null) ?? "";
            if (missing.Length > 0 && file.FindTensor($"blk.{i}.attn_qkv.weight") is null)
            {
                throw new ModelFileException(
                    $"Checking the tensors of '{file.FileName}': expected 'blk.{i}.attn_qkv.weight', or queries, keys and values apart, found neither it nor '{missing}'. {Hyperparameters.Ends}");
            }
        }
    }

    /// <summary>Checks a tensor's type. Vectors are added and multiplied, which ggml does only in F32. Matrices are multiplied, which it does
    /// in every format except integers, F64 and those of activations.</summary>
    private static void CheckType(GgufFile file, GgufTensor tensor)
    {
        bool vector = tensor.Shape.Skip(1).All(length => length == 1) || tensor.Name == "token_types.weight";
        bool fits = vector
            ? tensor.Type == GgmlType.F32
            : tensor.Type is not (GgmlType.Q8_1 or GgmlType.Q8_K or GgmlType.I8 or GgmlType.I16 or GgmlType.I32 or GgmlType.I64 or GgmlType.F64);
        if (!fits)
        {
            throw new ModelFileException(
                $"Checking tensor '{tensor.Name}' {tensor.ShapeText} of '{file.FileName}': expected "
                + $"{(vector ? "f32, as every vector has to be" : "a format of weights")}, found {tensor.TypeName}. {Hyperparameters.Ends}");
        }
    }

    /// <summary>Checks the classifier. As many scores are read as there are labels, whatever the head gives; a pooler alone gives embedding_length numbers.</summary>
    private static void CheckClassifier(GgufFile file, Hyperparameters numbers)
    {
        uint width = numbers.UInt32("embedding_length") ?? 0;
        int labels = file.Metadata.GetStrings(numbers.Key("classifier.output_labels"))?.Count ?? 0;
        if (labels > width && file.FindTensor("cls.weight") is not null && file.FindTensor("cls.output.weight") is null)
        {
            throw numbers.Refuse("classifier.output_labels", $"at most the {width} numbers of the pooler, since there is no cls.output", labels);
        }
    }

    private static void CheckRelativePositions(GgufFile file, Hyperparameters numbers)
    {
        uint buckets = numbers.UInt32("attention.relative_buckets_count") ?? MinBuckets;
        if (buckets is < MinBuckets or > MaxBuckets)
        {
            throw numbers.Refuse("attention.relative_buckets_count", $"{MinBuckets} to {MaxBuckets}", buckets);
        }
        string[] names = numbers.Architecture == "t5" ? ["enc.blk.0.attn_rel_b.weight", "dec.blk.0.attn_rel_b.weight"] : ["enc.blk.0.attn_rel_b.weight"];
        foreach (string name in names)
        {
            if (file.FindTensor(name) is null)
            {
                throw new ModelFileException(
                    $"Checking the tensors of '{file.FileName}': expected '{name}', the relative positions that all layers use, found none. {Hyperparameters.Ends}");
            }
        }
    }
}
