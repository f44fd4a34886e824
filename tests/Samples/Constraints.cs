using Engine;

namespace Samples;

/// <summary>docs/constraints.md</summary>
public static class Constraints
{
    public static GenerateRequest Colour()
    {
        var request = new GenerateRequest
        {
            Prompt = Prompt.FromText("Peter's favourite colour, as JSON: "),
            Constraint = new JsonSchemaConstraint("""{"type":"object","properties":{"colour":{"enum":["red","green"]}},"required":["colour"],"additionalProperties":false}"""),
        };
        return request;
    }
}
