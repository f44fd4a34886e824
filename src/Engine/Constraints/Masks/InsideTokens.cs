using System.Buffers;
using Engine.Constraints.Terminals;

namespace Engine.Constraints.Masks;

/// <summary>What a place inside a JSON string allows, whatever comes after the string. It is the same under every frame, so it is computed only once even if equal
/// strings occur in a hundred items.</summary>
/// <param name="Tokens">The tokens that leave the string open, as one bit each.</param>
/// <param name="Tree">All others that were tried.</param>
/// <param name="Ends">The nodes of the tree whose byte is the closing quote, in ascending order, each with the state before it.</param>
internal sealed record InsideTokens(ulong[] Tokens, TokenTree Tree, (int Node, Reader Before)[] Ends)
{
    /// <summary>Its memory apart from the tokens, which equal sets share.</summary>
    public int Bytes => 128 + (16 * Ends.Length);

    /// <summary>Tries all tokens.</summary>
    /// <param name="reader">A place inside a JSON string.</param>
    /// <param name="vocabulary">The tokens.</param>
    public static InsideTokens Of(Reader reader, ConstraintVocabulary vocabulary)
    {
        (ulong[] safe, TokenTree tree) = vocabulary.For(reader.SafeRun);
        ulong[] rented = ArrayPool<ulong>.Shared.Rent(vocabulary.Words);
        Span<ulong> tokens = rented.AsSpan(0, vocabulary.Words);
        safe.CopyTo(tokens);
        var ends = new List<(int, Reader)>();
        var states = new ReaderTable(reader);
        int[] path = ArrayPool<int>.Shared.Rent(tree.Deepest + 1);
        path[0] = 1;
        (ReadOnlySpan<byte> bytes, ReadOnlySpan<int> depths, ReadOnlySpan<int> after, ReadOnlySpan<int> firstTokens, ReadOnlySpan<int> all) = tree;
        int node = 0;
        while (node < bytes.Length)
        {
            int depth = depths[node];
            int next = states.Next(path[depth], bytes[node]);
            if (next < 0)
            {
                if (next == ReaderTable.Closes)
                {
                    ends.Add((node, states[path[depth]]));
                }
                node = after[node];
                continue;
            }
            path[depth + 1] = next;
            int last = firstTokens[node + 1];
            for (int i = firstTokens[node]; i < last; i++)
            {
                ConstraintVocabulary.Set(tokens, all[i]);
            }
            node++;
        }
        states.Dispose();
        ArrayPool<int>.Shared.Return(path);
        ulong[] shared = vocabulary.Masks.Shared(tokens);
        ArrayPool<ulong>.Shared.Return(rented);
        return new InsideTokens(shared, tree, [.. ends]);
    }
}
