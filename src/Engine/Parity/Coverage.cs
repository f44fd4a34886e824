using System.Buffers.Text;
using System.Numerics;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Engine.Parity;

/// <summary>Tracks which parts of a model inputs have exercised. A fault in any other part would go unnoticed.</summary>
/// <remarks>Safe to use from many threads. A bit for each row of the embedding, and a few numbers.</remarks>
public sealed class Coverage
{
    /// <summary>The version of what <see cref="Save"/> writes.</summary>
    private const int Version = 1;

    private const int Bits = 8;

    private readonly Lock _lock = new();
    private readonly ModelCard _card;
    private readonly byte[] _rows; // (⌈V / 8⌉): a bit for each id
    private readonly ExpertUse? _experts; // null for a model without experts
    private int _positions;
    private int _sourcePositions;
    private bool _secondSegment;
    private long _samples;
    private long _tokens;

    /// <summary>Starts with nothing exercised.</summary>
    /// <param name="card">The model's card.</param>
    public Coverage(ModelCard card)
    {
        ArgumentNullException.ThrowIfNull(card);
        _card = card;
        _rows = new byte[(card.VocabularySize + Bits - 1) / Bits];
        _experts = card is { Experts: > 0, ExpertsPerToken: > 0 } ? new ExpertUse(card) : null;
    }

    /// <summary>Adds what one pass exercised.</summary>
    /// <param name="tokens">The ids evaluated, from position 0 on: of the target, for an encoder–decoder.</param>
    /// <param name="segments">The segment of each; null for 0 throughout.</param>
    /// <param name="source">The source of an encoder–decoder; null elsewhere.</param>
    /// <param name="activations">The activations of the pass, if there are any. The ids do not tell which experts were chosen for each token, so this is read
    /// from <c>ffn_moe_argsort-0</c>, <c>ffn_moe_argsort-1</c>, ….</param>
    /// <exception cref="TokenOutOfRangeException">An id is not in the vocabulary. Nothing was added.</exception>
    public void Add(IReadOnlyList<int> tokens, IReadOnlyList<int>? segments = null, IReadOnlyList<int>? source = null, IReadOnlyList<Activation>? activations = null)
    {
        ArgumentNullException.ThrowIfNull(tokens);
        Require(tokens);
        Require(source ?? []);
        lock (_lock)
        {
            Use(tokens);
            Use(source ?? []);
            _experts?.Add(activations ?? []);
            _positions = Math.Max(_positions, tokens.Count);
            _sourcePositions = Math.Max(_sourcePositions, source?.Count ?? 0);
            _secondSegment |= segments?.Contains(1) ?? false;
            _samples++;
            _tokens += tokens.Count + (source?.Count ?? 0);
        }
    }

    /// <summary>What has been exercised so far, and what has not.</summary>
    public CoverageReport ToReport()
    {
        lock (_lock)
        {
            bool looksBack = _positions > 1;
            (int chosen, int routers) = _experts?.Count() ?? default;
            return new CoverageReport
            {
                Samples = _samples,
                Tokens = _tokens,
                RowsUsed = _rows.Sum(bits => BitOperations.PopCount(bits)),
                Rows = _card.VocabularySize,
                PositionsReached = _positions,
                SourcePositionsReached = _card.Capabilities.HasFlag(ModelCapabilities.Source) ? _sourcePositions : null,
                Positions = _card.ContextLength,
                HeadsExercised = _card.Heads == 0 ? null : looksBack ? _card.Heads : 0,
                Heads = _card.Heads == 0 ? null : _card.Heads,
                KeyValueHeadsExercised = _card.KeyValueHeads == 0 ? null : looksBack ? _card.KeyValueHeads : 0,
                KeyValueHeads = _card.KeyValueHeads == 0 ? null : _card.KeyValueHeads,
                SegmentsUsed = !_card.Capabilities.HasFlag(ModelCapabilities.Segments) ? null : _samples == 0 ? 0 : _secondSegment ? 2 : 1,
                Experts = _card.Experts == 0 ? null : _card.Experts,
                ExpertLayers = routers == 0 ? null : routers,
                ExpertsExercised = routers == 0 ? null : chosen,
                Adapters = _card.Adapters.Count == 0 ? null : _card.Adapters.Count,
                AdaptersExercised = _card.Adapters.Count == 0 ? null : _samples == 0 ? 0 : _card.Adapters.Count(adapter => adapter.Scale != 0),
            };
        }
    }

    /// <summary>What has been exercised so far, as JSON text to be stored.</summary>
    public string Save()
    {
        lock (_lock)
        {
            return JsonSerializer.Serialize(
                new SavedCoverage(Version, Identity(_card), Base64Url.EncodeToString(_rows), _positions, _sourcePositions, _secondSegment, _samples, _tokens,
                    _experts is null ? null : Base64Url.EncodeToString(_experts.Chosen)),
                CoverageJson.Default.SavedCoverage);
        }
    }

    /// <summary>Reads what <see cref="Save"/> wrote.</summary>
    /// <param name="card">The model as it is now.</param>
    /// <param name="saved">The text.</param>
    /// <returns>Null if it belongs to another file or other adapters, or has another form, so that it says nothing about this model.</returns>
    public static Coverage? Restore(ModelCard card, string saved)
    {
        ArgumentNullException.ThrowIfNull(card);
        ArgumentNullException.ThrowIfNull(saved);
        SavedCoverage? read;
        try
        {
            read = JsonSerializer.Deserialize(saved, CoverageJson.Default.SavedCoverage);
        }
        catch (JsonException)
        {
            return null;
        }
        var coverage = new Coverage(card)
        {
            _positions = read?.Positions ?? 0,
            _sourcePositions = read?.SourcePositions ?? 0,
            _secondSegment = read?.SecondSegment ?? false,
            _samples = read?.Samples ?? 0,
            _tokens = read?.Tokens ?? 0,
        };
        return read is { Version: Version } && read.Model == Identity(card) && Base64Url.IsValid(read.Rows, out int length) && length == coverage._rows.Length
            && Base64Url.TryDecodeFromChars(read.Rows, coverage._rows, out _) && coverage.ReadExperts(read.Experts) ? coverage : null;
    }

    // Coverage stored before experts were counted has none.
    private bool ReadExperts(string? saved) => saved is null
        || (_experts is not null && Base64Url.IsValid(saved, out int length) && length == _experts.Chosen.Length && Base64Url.TryDecodeFromChars(saved, _experts.Chosen, out _));

    private void Require(IReadOnlyList<int> tokens)
    {
        foreach (int token in tokens)
        {
            if ((uint)token >= (uint)_card.VocabularySize)
            {
                throw new TokenOutOfRangeException(token, _card.VocabularySize);
            }
        }
    }

    private void Use(IReadOnlyList<int> tokens)
    {
        foreach (int token in tokens)
        {
            _rows[token / Bits] |= (byte)(1 << (token % Bits));
        }
    }

    // Other weights at the same path are a different model, to which the old coverage does not apply.
    private static string Identity(ModelCard card)
    {
        var file = new FileInfo(card.Path);
        string stamp = file.Exists ? FormattableString.Invariant($"{file.Length}|{file.LastWriteTimeUtc:O}") : "";
        string adapters = string.Join('|', card.Adapters.Select(adapter => FormattableString.Invariant($"{adapter.Path}|{adapter.Scale}")));
        return FormattableString.Invariant($"{card.Path}|{card.Architecture}|{card.FileType}|{card.Parameters}|{card.TensorBytes}|{stamp}|{adapters}");
    }
}

internal sealed record SavedCoverage(
    [property: JsonRequired] int Version, [property: JsonRequired] string Model, [property: JsonRequired] string Rows,
    int Positions, int SourcePositions, bool SecondSegment, long Samples, long Tokens, string? Experts = null);

[JsonSerializable(typeof(SavedCoverage))]
internal sealed partial class CoverageJson : JsonSerializerContext;
