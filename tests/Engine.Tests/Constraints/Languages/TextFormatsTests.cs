using System.Net;
using System.Net.Mail;
using System.Text.Json;
using Engine.Constraints.Languages;
using Json.Schema;

namespace Engine.Tests.Constraints.Languages;

public sealed class TextFormatsTests
{
    private readonly LanguageSpace _space = new();

    /// <summary>The judges: JsonSchema.Net, and .NET's own parsers if there is one.</summary>
    [Theory]
    [InlineData("date-time")]
    [InlineData("date")]
    [InlineData("time")]
    [InlineData("duration")]
    [InlineData("uuid")]
    [InlineData("email")]
    [InlineData("hostname")]
    [InlineData("ipv4")]
    [InlineData("ipv6")]
    [InlineData("uri")]
    [InlineData("uri-reference")]
    [InlineData("json-pointer")]
    [InlineData("relative-json-pointer")]
    public void Random_texts_are_accepted_by_a_validator_and_by_DotNet(string format)
    {
        Language language = TextFormats.Find(_space, format)!;
        JsonSchema schema = JsonSchema.FromText($$"""{"format":"{{format}}"}""");
        Random random = new(1);
        int made = 0;
        for (int i = 0; i < 500; i++)
        {
            if (RandomTexts.Walk(language, random, 200) is not { } text)
            {
                continue;
            }
            made++;
            Assert.True(schema.Evaluate(JsonSerializer.SerializeToElement(text), new EvaluationOptions { RequireFormatValidation = true }).IsValid, text);
            switch (format)
            {
                case "date-time":
                    JsonSerializer.Deserialize<DateTime>($"\"{text}\"");
                    JsonSerializer.Deserialize<DateTimeOffset>($"\"{text}\"");
                    break;
                case "date":
                    JsonSerializer.Deserialize<DateOnly>($"\"{text}\"");
                    break;
                case "uuid":
                    JsonSerializer.Deserialize<Guid>($"\"{text}\"");
                    break;
                case "email":
                    Assert.Equal(text, new MailAddress(text).Address);
                    break;
                case "ipv4" or "ipv6":
                    IPAddress.Parse(text);
                    break;
                case "uri":
                    Assert.True(new Uri(text).IsAbsoluteUri);
                    break;
            }
        }
        Assert.InRange(made, 300, 500);
    }

    [Theory]
    [InlineData("date-time", "2024-12-08T14:00:00Z", true)]
    [InlineData("date-time", "2022-07-25T14:30:00.000Z", true)]
    [InlineData("date-time", "2024-01-01T13:00:00-05:00", true)]
    [InlineData("date-time", "2024-01-01T13:00:00.123456789+05:30", true)]
    [InlineData("date-time", "9999-12-31T23:59:59Z", true)]
    [InlineData("date-time", "9999-12-31T23:59:59-05:00", false)]
    [InlineData("date-time", "2024-01-01T13:00:00", false)]
    [InlineData("date-time", "2024-01-01 13:00:00Z", false)]
    [InlineData("date-time", "2024-01-01T24:00:00Z", false)]
    [InlineData("date-time", "tomorrow", false)]
    [InlineData("date", "2024-02-29", true)]
    [InlineData("date", "2000-02-29", true)]
    [InlineData("date", "1900-02-29", false)]
    [InlineData("date", "2023-02-29", false)]
    [InlineData("date", "2023-04-31", false)]
    [InlineData("date", "0000-01-01", false)]
    [InlineData("time", "08:30:06Z", true)]
    [InlineData("time", "08:30:06.283185+02:00", true)]
    [InlineData("time", "08:30:06", false)]
    [InlineData("duration", "P3Y6M4DT12H30M5S", true)]
    [InlineData("duration", "P4W", true)]
    [InlineData("duration", "PT36H", true)]
    [InlineData("duration", "P", false)]
    [InlineData("duration", "P1D2H", false)]
    [InlineData("duration", "P1Y2W", false)]
    [InlineData("uuid", "123e4567-e89b-12d3-a456-426614174000", true)]
    [InlineData("uuid", "123e4567e89b12d3a456426614174000", false)]
    [InlineData("email", "john.smith+x@mail.example.com", true)]
    [InlineData("email", "john..smith@example.com", false)]
    [InlineData("email", "john@example", false)]
    [InlineData("hostname", "www.googleapis.com", true)]
    [InlineData("hostname", "-a.com", false)]
    [InlineData("hostname", "a_b.com", false)]
    [InlineData("ipv4", "192.168.1.255", true)]
    [InlineData("ipv4", "192.168.1.256", false)]
    [InlineData("ipv4", "192.168.01.1", false)]
    [InlineData("ipv6", "2001:0db8:85a3:0000:0000:8a2e:0370:7335", true)]
    [InlineData("ipv6", "::ffff:10.0.0.1", true)]
    [InlineData("ipv6", "::", true)]
    [InlineData("ipv6", "1::2::3", false)]
    [InlineData("uri", "https://en.wikipedia.org/wiki/Mass%E2%80%93energy_equivalence", true)]
    [InlineData("uri", "http://uri.etsi.org/TS102204/v1.1.2#CurrentTime", true)]
    [InlineData("uri", "http://myproxy.com:8080", true)]
    [InlineData("uri", "wss://s1.ripple.com", true)]
    [InlineData("uri", "http://[2001:db8::1]:80/?q=a/b", true)]
    [InlineData("uri", "mailto:a@b.org", true)]
    [InlineData("uri", "urn:isbn:0451450523", true)]
    [InlineData("uri", "https://example.com/*", true)]
    [InlineData("uri", "//example.com", false)]
    [InlineData("uri", "http://a b", false)]
    [InlineData("uri", "example", false)]
    [InlineData("uri-reference", "path/to/factory", true)]
    [InlineData("uri-reference", "#top", true)]
    [InlineData("uri-reference", "", true)]
    [InlineData("uri-reference", "a\\b", false)]
    [InlineData("json-pointer", "/a~1b/0", true)]
    [InlineData("json-pointer", "a", false)]
    public void Texts_are_of_a_format_or_not(string format, string text, bool isOfFormat) =>
        Assert.Equal(isOfFormat, _space.Contains(TextFormats.Find(_space, format)!, text));

    [Fact]
    public void A_time_for_a_TimeOnly_has_no_offset()
    {
        Language language = TextFormats.Find(_space, "time", forTimeOnly: true)!;
        Random random = new(2);
        for (int i = 0; i < 200; i++)
        {
            JsonSerializer.Deserialize<TimeOnly>($"\"{RandomTexts.Walk(language, random)}\"");
        }
        Assert.False(_space.Contains(language, "08:30:06Z"));
    }

    [Theory]
    [InlineData("regex")]
    [InlineData("int64")]
    [InlineData("time without offset")]
    [InlineData("")]
    public void Other_names_are_not_known(string format) => Assert.Null(TextFormats.Find(_space, format));
}
