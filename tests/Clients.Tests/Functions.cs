using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.AI;

namespace Clients.Tests;

/// <summary>The functions that models may call, and what was called.</summary>
internal sealed class Functions
{
    public const string WeatherSchema = """{"type":"object","properties":{"city":{"type":"string","maxLength":12},"days":{"type":"integer","minimum":1,"maximum":9}},"required":["city","days"],"additionalProperties":false}""";

    public List<string> Calls { get; } = [];

    /// <summary>As Microsoft.Extensions.AI takes them.</summary>
    public IList<AITool> Tools => [AIFunctionFactory.Create(Weather, "weather"), AIFunctionFactory.Create(Now, "now")];

    [Description("Tells the weather in a city.")]
    public string Weather([StringLength(12)] string city, [Range(1, 9)] int days)
    {
        Calls.Add($"weather {city} {days}");
        return $"21 degrees in {city} for {days} days";
    }

    [Description("Tells the time.")]
    public string Now()
    {
        Calls.Add("now");
        return "noon";
    }
}
