using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using Engine.Remote.Protocol;

namespace Engine.Remote.Server;

/// <summary>Describes a model to clients when they connect, and again after it has changed.</summary>
internal static class Describing
{
    private static readonly ConditionalWeakTable<ModelCard, string> Known = [];

    /// <summary>What a model is.</summary>
    public static Description Of(IModel model)
    {
        ModelCard card = model.Card;
        ITokenizer tokenizer = model.Tokenizer;
        var description = new Description { Version = ProtocolFault.Version, Instance = InstanceOf(card, tokenizer), Card = CardJson.Write(card) };
        if (card.HasVocabulary)
        {
            LoadedVocabulary vocabulary = LoadedVocabulary.Of(tokenizer);
            description.Vocabulary = vocabulary.Fingerprint;
            description.EndOfGeneration.AddRange(vocabulary.EndOfGeneration());
            if (tokenizer.BeginningOfSequence is { } beginning)
            {
                description.BeginningOfSequence = beginning;
            }
            if (tokenizer.EndOfSequence is { } end)
            {
                description.EndOfSequence = end;
            }
        }
        return description;
    }

    /// <summary>The same as long as the description is: a model reloaded from the same file is the same to its clients.</summary>
    public static string InstanceOf(IModel model) => InstanceOf(model.Card, model.Tokenizer);

    private static string InstanceOf(ModelCard card, ITokenizer tokenizer)
    {
        string ofCard = Known.GetValue(card, known => Convert.ToHexString(SHA256.HashData(CardJson.Write(known).Span)));
        return card.HasVocabulary ? $"{ofCard}:{LoadedVocabulary.Of(tokenizer).Fingerprint.ToBase64()}" : ofCard;
    }
}
