using System.Buffers.Binary;
using System.Text;
using System.Text.Json.Nodes;

namespace Tests.Shared;

/// <summary>Writes safetensors files for tests, with weights that follow from their names as in <c>tests/Golden/huggingface/generate.py</c>.</summary>
internal static class SafetensorsWriter
{
    /// <summary>A file of tensors whose elements follow from their names.</summary>
    public static void Write(string path, string type, IEnumerable<(string Name, long[] Shape)> tensors)
    {
        var header = new JsonObject { ["__metadata__"] = new JsonObject { ["format"] = "pt" } };
        using var data = new MemoryStream();
        foreach ((string name, long[] shape) in tensors)
        {
            long begin = data.Length;
            data.Write(Encode(Values(name, shape), type));
            header[name] = new JsonObject
            {
                ["dtype"] = type,
                ["shape"] = new JsonArray([.. shape.Select(length => (JsonNode)length)]),
                ["data_offsets"] = new JsonArray(begin, data.Length),
            };
        }
        File.WriteAllBytes(path, ToBytes(header.ToJsonString(), data.ToArray()));
    }

    /// <summary>The bytes of a file of any header.</summary>
    public static byte[] ToBytes(string header, byte[] data)
    {
        byte[] text = Encoding.UTF8.GetBytes(header);
        var length = new byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(length, (ulong)text.Length);
        return [.. length, .. text, .. data];
    }

    /// <summary>The folder of a case: config.json and its weights, in as many files as are requested.</summary>
    public static void WriteFolder(string folder, string config, string type, int shards, IReadOnlyList<(string Name, long[] Shape)> tensors)
    {
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, "config.json"), config);
        if (shards == 1)
        {
            Write(Path.Combine(folder, "model.safetensors"), type, tensors);
            return;
        }
        var map = new JsonObject();
        for (int shard = 0; shard < shards; shard++)
        {
            string file = $"model-{shard + 1:00000}-of-{shards:00000}.safetensors";
            (string Name, long[] Shape)[] part = [.. tensors.Where((_, i) => i % shards == shard)];
            Write(Path.Combine(folder, file), type, part);
            foreach ((string name, _) in part)
            {
                map[name] = file;
            }
        }
        File.WriteAllText(Path.Combine(folder, "model.safetensors.index.json"), new JsonObject { ["metadata"] = new JsonObject(), ["weight_map"] = map }.ToJsonString());
    }

    private static float[] Values(string name, long[] shape)
    {
        double[] v = Uniform(name, shape.Aggregate(1L, (a, b) => a * b));
        bool isGain = (name.Contains("norm", StringComparison.OrdinalIgnoreCase) || name.Contains(".ln_", StringComparison.Ordinal)) && name.EndsWith("weight", StringComparison.Ordinal);
        bool isTable = name.Contains("embed", StringComparison.Ordinal) || name.Contains("wte", StringComparison.Ordinal) || name.Contains("wpe", StringComparison.Ordinal) || name == "shared.weight";
        return [.. v.Select(x => (float)(isGain ? 1 + (0.25 * x) : shape.Length == 1 ? 0.25 * x : isTable ? 0.5 * x
            : name.Contains("relative_attention_bias", StringComparison.Ordinal) ? x : 0.375 * x))];
    }

    // Multiples of 2⁻²³ in [−1, 1): splitmix64 of FNV-1a of the name.
    private static double[] Uniform(string name, long count)
    {
        ulong seed = Encoding.UTF8.GetBytes(name).Aggregate(0xCBF29CE484222325UL, (hash, value) => unchecked((hash ^ value) * 0x100000001B3UL));
        var values = new double[count];
        for (int i = 0; i < values.Length; i++)
        {
            ulong z = unchecked(seed + ((ulong)(i + 1) * 0x9E3779B97F4A7C15UL));
            z = unchecked((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9UL);
            z = unchecked((z ^ (z >> 27)) * 0x94D049BB133111EBUL);
            z ^= z >> 31;
            values[i] = ((z >> 40) / (double)(1 << 23)) - 1;
        }
        return values;
    }

    private static byte[] Encode(float[] values, string type) => type switch
    {
        "F32" => [.. values.SelectMany(BitConverter.GetBytes)],
        "F16" => [.. values.SelectMany(value => BitConverter.GetBytes((Half)value))],
        "BF16" => [.. values.SelectMany(value =>
        {
            uint bits = BitConverter.SingleToUInt32Bits(value);
            return BitConverter.GetBytes((ushort)((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16));
        })],
        "F8_E4M3" => [.. values.Select(value => EightBits(value, exponentBits: 4, fraction: 3))],
        "F8_E5M2" => [.. values.Select(value => EightBits(value, exponentBits: 5, fraction: 2))],
        _ => throw new NotSupportedException(type),
    };

    // The nearest number of the format towards zero.
    private static byte EightBits(float value, int exponentBits, int fraction)
    {
        int bias = (1 << (exponentBits - 1)) - 1, least = 1 - bias;
        int exponent = Math.Max(value == 0 ? least : (int)Math.Floor(Math.Log2(Math.Abs(value))), least);
        int steps = (int)Math.Floor(Math.Abs(value) / Math.ScaleB(1.0, exponent - fraction));
        int bits = steps < 1 << fraction ? steps : ((exponent + bias) << fraction) | (steps - (1 << fraction));
        return (byte)(bits | (value < 0 ? 0x80 : 0));
    }
}
