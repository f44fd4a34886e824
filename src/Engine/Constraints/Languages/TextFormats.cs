using System.Collections.Concurrent;
using System.Collections.Frozen;

namespace Engine.Constraints.Languages;

/// <summary>The formats of JSON schema that constrain a string: date-time, date, time, duration, uuid, uri, email, ipv4, ipv6, ….</summary>
/// <remarks>Whatever the RFCs allow but .NET's parsers refuse (a second of 60, a fraction of seventeen digits, an offset of a day), and whatever
/// validators disagree on (quoted local parts of an address), is left out. Unknown are <c>regex</c>, because patterns are not a regular language;
/// <c>idn-email</c>, <c>idn-hostname</c>, <c>iri</c> and <c>iri-reference</c>, whose rules need tables; and names outside the standard.</remarks>
internal static class TextFormats
{
    // Only days that exist; the 29th of February only in leap years.
    private const string DaysOfMonths = "-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)|02-(?:0[1-9]|1[0-9]|2[0-8]))";
    private const string LeapDay = "(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:0[48]|[2468][048]|[13579][26])00)-02-29";
    private const string Date = "(?:(?:000[1-9]|00[1-9][0-9]|0[1-9][0-9]{2}|[1-9][0-9]{3})" + DaysOfMonths + "|" + LeapDay + ")";

    // In the first and last year an offset may lead outside the calendar.
    private const string InnerDate =
        "(?:(?:000[2-9]|00[1-9][0-9]|0[1-9][0-9]{2}|[1-8][0-9]{3}|9[0-8][0-9]{2}|99[0-8][0-9]|999[0-8])" + DaysOfMonths + "|" + LeapDay + ")";

    // DateTimeOffset reads 16 digits of a fraction, TimeOnly 7.
    private const string Clock = "(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]";
    private const string Fraction = "(?:\\.[0-9]{1,16})?";

    // Up to the 14 hours that DateTimeOffset accepts.
    private const string Offset = "[+-](?:(?:0[0-9]|1[0-3]):[0-5][0-9]|14:00)";

    private const string Octet = "(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])";
    private const string IpV4 = "(?:" + Octet + "\\.){3}" + Octet;
    private const string H16 = "[0-9a-fA-F]{1,4}";
    private const string Ls32 = "(?:" + H16 + ":" + H16 + "|" + IpV4 + ")";

    // RFC 3986, IPv6address.
    private const string IpV6 =
        "(?:(?:" + H16 + ":){6}" + Ls32
        + "|::(?:" + H16 + ":){5}" + Ls32
        + "|(?:" + H16 + ")?::(?:" + H16 + ":){4}" + Ls32
        + "|(?:(?:" + H16 + ":){0,1}" + H16 + ")?::(?:" + H16 + ":){3}" + Ls32
        + "|(?:(?:" + H16 + ":){0,2}" + H16 + ")?::(?:" + H16 + ":){2}" + Ls32
        + "|(?:(?:" + H16 + ":){0,3}" + H16 + ")?::" + H16 + ":" + Ls32
        + "|(?:(?:" + H16 + ":){0,4}" + H16 + ")?::" + Ls32
        + "|(?:(?:" + H16 + ":){0,5}" + H16 + ")?::" + H16
        + "|(?:(?:" + H16 + ":){0,6}" + H16 + ")?::)";

    // RFC 1123: labels of at most 63 characters; the limit of 253 for the whole name is checked separately.
    // Hyphens in both the third and fourth position are reserved for encoded names.
    private const string X = "[a-zA-Z0-9]", H = "[a-zA-Z0-9-]";
    private const string Label = X + "(?:" + H + "{0,2}" + X + "|" + H + "(?:" + X + H + "|-" + X + ")" + H + "{0,58}" + X + ")?";
    private const string Host = Label + "(?:\\." + Label + ")*";

    // RFC 5321 without quoted local parts and bracketed addresses. The last label consists of letters, as top-level domains do.
    private const string Atom = "[a-zA-Z0-9!#$%&'*+/=?^_`{|}~-]+";
    private const string Email = "(?=[^@]{1,64}@)" + Atom + "(?:\\." + Atom + ")*@(?=[^@]{1,253}$)(?:" + Label + "\\.)+[a-zA-Z]{2,63}";

    // RFC 3986.
    private const string PChar = "(?:[a-zA-Z0-9._~!$&'()*+,;=:@-]|%[0-9a-fA-F]{2})";
    private const string Authority = "(?:(?:[a-zA-Z0-9._~!$&'()*+,;=:-]|%[0-9a-fA-F]{2})*@)?(?:\\[" + IpV6 + "\\]|" + Host + "\\.?)(?::" + Port + ")?";
    private const string Port = "(?:6553[0-5]|655[0-2][0-9]|65[0-4][0-9]{2}|6[0-4][0-9]{3}|[1-5][0-9]{4}|[0-9]{1,4})";
    private const string Query = "(?:\\?(?:" + PChar + "|[/?])*)?(?:#(?:" + PChar + "|[/?])*)?";
    private const string Scheme = "[a-zA-Z][a-zA-Z0-9+.-]+";
    private const string WithHost = "(?:[hH][tT][tT][pP][sS]?|[wW][sS][sS]?|[fF][tT][pP]|[fF][iI][lL][eE]|[gG][oO][pP][hH][eE][rR]|[nN][eE][wW][sS]|[nN][nN][tT][pP]|[tT][eE][lL][nN][eE][tT]|[lL][dD][aA][pP]|[nN][eE][tT]\\.[a-zA-Z]+)";
    private const string Uri =
        "(?:(?![fF][iI][lL][eE]:)" + Scheme + "://" + Authority + "(?:/" + PChar + "*)*" + Query
        + "|file://(?:" + Host + ")?/" + PChar + "+(?:/" + PChar + "*)*"
        + "|(?!" + WithHost + ":)" + Scheme + ":" + PChar + "+(?:/" + PChar + "*)*" + Query + ")";

    // No colon in the first segment, because it would be read as a scheme.
    private const string Relative =
        "(?:(?:/(?:" + PChar + "+(?:/" + PChar + "*)*)?|" + FirstChar + "+(?:/" + PChar + "*)*)?" + Query + ")";

    private const string FirstChar = "(?:[a-zA-Z0-9._~!$&'()*+,;=@-]|%[0-9a-fA-F]{2})";
    private const string Pointer = "(?:/(?:[^~/]|~[01])*)*";

    private const string Times = "(?:[0-9]{1,6}H(?:[0-9]{1,6}M(?:[0-9]{1,6}S)?)?|[0-9]{1,6}M(?:[0-9]{1,6}S)?|[0-9]{1,6}S)";
    private const string Days = "(?:[0-9]{1,4}Y(?:[0-9]{1,4}M(?:[0-9]{1,5}D)?)?|[0-9]{1,4}M(?:[0-9]{1,5}D)?|[0-9]{1,5}D)";

    private static readonly FrozenDictionary<string, string> Patterns = new Dictionary<string, string>
    {
        ["date-time"] = "(?:" + Date + "T" + Clock + Fraction + "Z|" + InnerDate + "T" + Clock + Fraction + Offset + ")",
        ["date"] = Date,
        ["time"] = Clock + Fraction + "(?:Z|" + Offset + ")",
        ["duration"] = "P(?:[0-9]{1,6}W|" + Days + "(?:T" + Times + ")?|T" + Times + ")",
        ["uuid"] = "[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}",
        ["email"] = Email,
        ["hostname"] = "(?=.{1,253}$)" + Host,
        ["ipv4"] = IpV4,
        ["ipv6"] = IpV6,
        ["uri"] = Uri,
        ["uri-reference"] = "(?:" + Uri + "|" + Relative + ")",
        ["json-pointer"] = Pointer,
        ["relative-json-pointer"] = "(?:0|[1-9][0-9]{0,8})(?:#|" + Pointer + ")",
    }.ToFrozenDictionary();

    private const string TimeWithoutOffset = Clock + "(?:\\.[0-9]{1,7})?";

    private static readonly ConcurrentDictionary<string, RegexNode> Parsed = new();

    /// <summary>The texts of a format; null if the format is unknown.</summary>
    /// <param name="space">Where the language is made.</param>
    /// <param name="format">Its name.</param>
    /// <param name="forTimeOnly">Whether a time has no offset. RFC 3339 requires one, but .NET, which writes this format for a <see cref="TimeOnly"/>, cannot read it.</param>
    public static Language? Find(LanguageSpace space, string format, bool forTimeOnly = false)
    {
        string? pattern = forTimeOnly && format == "time" ? TimeWithoutOffset : Patterns.GetValueOrDefault(format);
        return pattern is null ? null : EcmaRegex.Match(space, Parsed.GetOrAdd(pattern, RegexParser.Parse), pattern);
    }
}
