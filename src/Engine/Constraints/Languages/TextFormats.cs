namespace Engine.Constraints.Languages;

/// <summary>The formats of JSON schema that constrain a string: date-time, date, time, duration, uuid, uri, email, ipv4, ipv6, ….</summary>
internal static class TextFormats
{
    /// <summary>The texts of a format; null for a format that is not known here.</summary>
    public static Language? Find(LanguageSpace space, string format) => throw new NotImplementedException();
}
