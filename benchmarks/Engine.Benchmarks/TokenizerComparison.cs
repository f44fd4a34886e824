using System.Diagnostics;
using System.Text;
using Engine.Gguf;
using Engine.Tokenizers;

namespace Engine.Benchmarks;

/// <summary>The managed tokenizers against llama.cpp's: the same pieces of text, taking turns on one thread.</summary>
internal static class TokenizerComparison
{
    private const int TextBytes = 1_000_000;
    private const int PieceBytes = 4_096;   // llama.cpp's regular expressions call themselves for every character of a run
    private const int WarmUps = 20;
    private const int Rounds = 9;

    public static void Run(IEnumerable<string> paths)
    {
        string[] pieces = MixedText.Make(TextBytes, PieceBytes, seed: 3);
        byte[][] utf8 = [.. pieces.Select(Encoding.UTF8.GetBytes)];
        double megabytes = utf8.Sum(piece => piece.Length) / 1e6;
        Console.WriteLine($"{megabytes:F2} MB of mixed text in {pieces.Length} pieces, {Rounds} rounds, medians");
        Console.WriteLine($"{"vocabulary",-32} {"managed MB/s",13} {"llama.cpp MB/s",15} {"ratio",7} {"worst",7}   bytes allocated per byte");
        foreach (string path in paths)
        {
            using GgufFile file = GgufFile.Open(path);
            ITokenizer managed = FileTokenizer.Read(file.Metadata, file.Metadata.RequireString(GgufKeys.Architecture), TokenizerRule.Native);
            using var native = new BareVocabulary(path);
            RequireSame(managed, native, pieces, utf8);
            for (int round = 0; round < WarmUps; round++)
            {
                Managed(managed, pieces);
            }
            long before = GC.GetAllocatedBytesForCurrentThread();
            Managed(managed, pieces);
            double allocated = (GC.GetAllocatedBytesForCurrentThread() - before) / (megabytes * 1e6);
            (double Managed, double Native)[] seconds = [.. Enumerable.Range(0, Rounds).Select(_ => (Managed(managed, pieces), Native(native, utf8)))];
            Console.WriteLine(
                $"{Path.GetFileNameWithoutExtension(path),-32} {megabytes / Median(seconds.Select(s => s.Managed)),13:F1} {megabytes / Median(seconds.Select(s => s.Native)),15:F1} "
                + $"{Median(seconds.Select(s => s.Native / s.Managed)),7:F2} {seconds.Min(s => s.Native / s.Managed),7:F2}   {allocated:F1}");
        }
    }

    private static void RequireSame(ITokenizer managed, BareVocabulary native, string[] pieces, byte[][] utf8)
    {
        for (int piece = 0; piece < pieces.Length; piece++)
        {
            if (!managed.Encode(pieces[piece], addSpecial: false).SequenceEqual(native.Encode(utf8[piece]).ToArray()))
            {
                throw new NativeFailureException($"Comparing tokenizers: piece {piece} has other ids in llama.cpp.");
            }
        }
    }

    private static double Managed(ITokenizer tokenizer, string[] pieces)
    {
        long begin = Stopwatch.GetTimestamp();
        foreach (string piece in pieces)
        {
            tokenizer.Encode(piece, addSpecial: false);
        }
        return Stopwatch.GetElapsedTime(begin).TotalSeconds;
    }

    private static double Native(BareVocabulary vocabulary, byte[][] pieces)
    {
        long begin = Stopwatch.GetTimestamp();
        foreach (byte[] piece in pieces)
        {
            vocabulary.Encode(piece);
        }
        return Stopwatch.GetElapsedTime(begin).TotalSeconds;
    }

    private static double Median(IEnumerable<double> values) => values.Order().ElementAt(Rounds / 2);
}
