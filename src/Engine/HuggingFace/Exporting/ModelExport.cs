using System.Runtime.InteropServices;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Engine.Gguf;
using Engine.HuggingFace.Families;

namespace Engine.HuggingFace.Exporting;

/// <summary>Exports a GGUF file as a Hugging Face folder.</summary>
internal static class ModelExport
{
    private static readonly JsonWriterOptions Form = new()
    {
        Indented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>Writes the folder completely or not at all, and reads it back to check that every weight equals the file's, bit for bit.</summary>
    /// <param name="path">The GGUF file.</param>
    /// <param name="folder">A folder that does not exist or is empty.</param>
    /// <param name="progress">The fraction of the weights written.</param>
    /// <param name="cancellationToken">Takes effect between tensors.</param>
    /// <returns>The names of the files written.</returns>
    /// <exception cref="ModelFileException">The file is not a model that can be exported.</exception>
    /// <exception cref="InvalidRequestException">The folder is not empty.</exception>
    public static IReadOnlyList<string> Write(string path, string folder, IProgress<float>? progress = null, CancellationToken cancellationToken = default)
    {
        using GgufFile file = GgufFile.Open(path);
        GgufPreflight.Check(file);
        FamilyExport export = FamilyExport.Of(file);
        string target = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        RequireFree(folder, target);
        string written = $"{target}.{Path.GetRandomFileName()}.tmp";
        try
        {
            Directory.CreateDirectory(written);
            SafetensorsOutput.Write(Path.Combine(written, "model.safetensors"), export.Tensors.Planned, progress, cancellationToken);
            WriteJson("config.json", export.Config);
            if (file.Metadata.GetString(GgufKeys.TokenizerModel) is not (null or "none" or "no_vocab"))
            {
                JsonObject tokenizer = VocabularyExport.Tokenizer(file);
                VocabularyExport.RequireSameIds(file, tokenizer);
                WriteJson("tokenizer.json", tokenizer);
                WriteJson("tokenizer_config.json", VocabularyExport.Settings(file));
            }
            if (export.Pooling is { } pooling)
            {
                WriteEncoder(pooling, export.Config["hidden_size"]!.GetValue<int>());
            }
            RequireSame(file, written, export.Tensors.Rounded);
            if (Directory.Exists(target))
            {
                Directory.Delete(target);
            }
            Directory.Move(written, target);
            return [.. Directory.EnumerateFiles(target, "*", SearchOption.AllDirectories).Select(each => Path.GetRelativePath(target, each)).Order(StringComparer.Ordinal)];
        }
        finally
        {
            if (Directory.Exists(written))
            {
                Directory.Delete(written, recursive: true);
            }
        }

        void WriteJson(string name, JsonNode json)
        {
            using FileStream stream = File.Create(Path.Combine(written, name));
            using (var writer = new Utf8JsonWriter(stream, Form))
            {
                json.WriteTo(writer);
            }
            stream.WriteByte((byte)'\n');
        }

        void WriteEncoder(string pooling, int width)
        {
            Directory.CreateDirectory(Path.Combine(written, "1_Pooling"));
            WriteJson("1_Pooling/config.json", new JsonObject { ["word_embedding_dimension"] = width, [pooling] = true });
            WriteJson("modules.json", new JsonArray(
                new JsonObject { ["idx"] = 0, ["name"] = "0", ["path"] = "", ["type"] = "sentence_transformers.models.Transformer" },
                new JsonObject { ["idx"] = 1, ["name"] = "1", ["path"] = "1_Pooling", ["type"] = "sentence_transformers.models.Pooling" }));
        }
    }

    private static void RequireFree(string folder, string target)
    {
        if (File.Exists(target) || (Directory.Exists(target) && Directory.EnumerateFileSystemEntries(target).Any()))
        {
            throw new InvalidRequestException($"Exporting to '{folder}': expected a folder that is not there or is empty, found {(File.Exists(target) ? "a file" : "files in it")}. Name another folder.");
        }
        if (!Directory.Exists(Path.GetDirectoryName(target)))
        {
            throw new InvalidRequestException($"Exporting to '{folder}': there is no folder '{Path.GetDirectoryName(target)}'. Make it first.");
        }
    }

    // Importing the folder must give back the original file's weights.
    private static void RequireSame(GgufFile file, string folder, HashSet<string> rounded)
    {
        using ModelImport import = ModelImport.Open(folder);
        foreach (PlannedTensor tensor in import.Plan.Tensors.Planned)
        {
            // The head may have been written separately from the embedding.
            GgufTensor original = file.FindTensor(tensor.Name) ?? file.FindTensor("token_embd.weight")!;
            using var compared = new ComparedStream(file, original);
            tensor.Write(compared);
            if (tensor.Type != original.Type || !(compared.IsSame || (rounded.Contains(tensor.Name) && IsNear(file, original, tensor))))
            {
                throw new ModelFileException($"Exporting {file.FileName}: expected to read '{tensor.Name}' back as it was written, found other numbers. This is a fault of the export; please report it.");
            }
        }
    }

    // Gemma's w is stored as 1 + w: allow half the spacing of floats just below 1.
    private static bool IsNear(GgufFile file, GgufTensor original, PlannedTensor tensor)
    {
        const float HalfStep = 1f / (1 << 25);
        using var written = new MemoryStream();
        tensor.Write(written);
        float[] before = TensorExport.Floats(file, original), after = MemoryMarshal.Cast<byte, float>(written.ToArray()).ToArray();
        return before.Length == after.Length && before.Zip(after).All(pair => Math.Abs(pair.First - pair.Second) <= HalfStep);
    }

    // A stream that checks that what is written to it equals a tensor of a file.
    private sealed class ComparedStream(GgufFile file, GgufTensor tensor) : Stream
    {
        private bool _differs;

        public bool IsSame => !_differs && Position == tensor.ByteLength;

        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => Position;

        public override long Position { get; set; }

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            _differs |= Position + buffer.Length > tensor.ByteLength || !file.GetData(tensor, Position, buffer.Length).SequenceEqual(buffer);
            Position += buffer.Length;
        }

        public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

        public override void Flush()
        {
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
