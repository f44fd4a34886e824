using Engine.Constraints.Schemas;

namespace Engine.Tests.Constraints.Schemas;

public sealed class JsonSchemaTests
{
    [Theory]
    [InlineData("""{"type":["string","null"],"enum":["a",null,3]}""", """["\"a\"","null"]""", """["3","\"b\""]""")]
    [InlineData("""{"enum":["a",null]}""", """["\"a\"","null"]""", """["true"]""")]
    [InlineData("""{"const":{"a":[1,{"b":null}]}}""", """["{\"a\":[1,{\"b\":null}]}"]""", """["{\"a\":[1,{}]}","{\"a\":[1,{\"b\":null},2]}","{}"]""")]
    [InlineData("""{"type":"integer","minimum":-9007199254740991,"maximum":9007199254740991}""", """["9007199254740991","-1"]""", """["9007199254740992","1.5"]""")]
    [InlineData("""{"minimum":1,"exclusiveMinimum":true,"type":"number"}""", """["1.1"]""", """["1","0"]""")]
    [InlineData("""{"type":"array","items":[{"type":"string"},{"type":"integer"}],"additionalItems":false}""", """["[]","[\"a\"]","[\"a\",1]"]""", """["[1]","[\"a\",1,2]"]""")]
    [InlineData("""{"anyOf":[{"properties":{"k":{"const":"a"}},"required":["k"]}],"type":"object","required":["id"]}""", """["{\"k\":\"a\",\"id\":1}"]""", """["{\"id\":1}","3"]""")]
    [InlineData("""{"$ref":"#/$defs/n","maxLength":1,"$defs":{"n":{"type":"string"}}}""", """["\"a\""]""", """["\"ab\"","1"]""")]
    [InlineData("""{"$schema":"http://json-schema.org/draft-07/schema#","$ref":"#/definitions/n","maxLength":1,"definitions":{"n":{"type":"string"}}}""", """["\"ab\""]""", """["1"]""")]
    [InlineData("""{"type":"object","propertyNames":{"pattern":"^[a-c]$"},"additionalProperties":{"type":"integer"},"minProperties":1}""", """["{\"a\":1}"]""", """["{}","{\"d\":1}","{\"a\":\"x\"}"]""")]
    [InlineData("""{"type":"object","properties":{"ab":{"minLength":2}},"patternProperties":{"^a":{"type":"string"}},"additionalProperties":false}""", """["{\"ab\":\"xy\",\"ac\":\"\"}"]""", """["{\"ab\":\"x\"}","{\"ab\":12}","{\"b\":1}"]""")]
    [InlineData("""{"type":"array","items":{"enum":[1,2,"1"]},"uniqueItems":true}""", """["[1,\"1\",2]"]""", """["[1,1]"]""")]
    [InlineData("""{"type":"string","contentEncoding":"base64"}""", """["\"\"","\"AQID\"","\"AQ==\""]""", """["\"AQI\"","\"%\""]""")]
    [InlineData("""{"properties":{"next":{"$ref":"#/properties/tree/properties/next"},"tree":{"properties":{"next":{"type":"integer"}}}}}""", """["{\"next\":1}"]""", """["{\"next\":\"x\"}"]""")]
    [InlineData("""{"properties":{"a/b~c":{"type":"integer"},"d":{"$ref":"#/properties/a~1b~0c"}}}""", """["{\"d\":1}"]""", """["{\"d\":null}"]""")]
    [InlineData("""{"type":"string","minLength":2,"maxLength":2}""", """["\"éß\"","\"😀😀\""]""", """["\"a\"","\"abc\""]""")]
    public void Exactly_what_validators_accept_is_accepted(string schema, string accepted, string rejected)
    {
        ValueSpec spec = Read.Schema(schema);
        Assert.All(System.Text.Json.JsonSerializer.Deserialize<string[]>(accepted)!, value => Assert.True(Read.Accepts(spec, value), value));
        Assert.All(System.Text.Json.JsonSerializer.Deserialize<string[]>(rejected)!, value => Assert.False(Read.Accepts(spec, value), value));
    }

    [Fact]
    public void Properties_come_in_the_order_of_the_schemas_own_keywords_then_of_its_references_and_parts()
    {
        ValueSpec spec = Read.Schema("""
            {"allOf":[{"properties":{"c":{}}}],"$ref":"#/$defs/base","properties":{"z":{},"a":{}},"required":["free","a"],"$defs":{"base":{"properties":{"b":{}}}}}
            """);
        ObjectForm form = Assert.Single(spec.Forms.OfType<ObjectForm>());
        Assert.Equal(["z", "a", "b", "c", "free"], form.Properties.Select(property => property.Name));
    }

    [Fact]
    public void A_discriminator_stays_first_in_its_branch()
    {
        ValueSpec spec = Read.Schema("""
            {"type":"object","required":["$type"],"anyOf":[
              {"properties":{"$type":{"const":"cat"},"lives":{"type":"integer"}}},
              {"properties":{"$type":{"const":"dog"},"breed":{"type":"string"}}}]}
            """);
        Assert.All(spec.Forms.Cast<ObjectForm>(), form => Assert.Equal("$type", form.Properties[0].Name));
        Assert.True(Read.Accepts(spec, """{"$type":"cat","lives":9}""", inOrder: true));
        Assert.False(Read.Accepts(spec, """{"lives":9,"$type":"cat"}""", inOrder: true));
    }

    [Fact]
    public void An_optional_property_that_nothing_meets_is_left_out()
    {
        ValueSpec spec = Read.Schema("""{"type":"object","properties":{"a":false,"b":{"type":"string","maxLength":1,"minLength":2},"c":{}}}""");
        Assert.Equal(["c"], Assert.Single(spec.Forms.OfType<ObjectForm>()).Properties.Select(property => property.Name));
        Assert.False(Read.Accepts(spec, """{"a":1}"""));
    }

    [Fact]
    public void Recursion_ends_where_it_may()
    {
        ValueSpec spec = Read.Schema("""{"type":"object","properties":{"value":{"type":"integer"},"children":{"type":"array","items":{"$ref":"#"}}},"required":["value"],"additionalProperties":false}""");
        Assert.Equal("""{"value":0}""".Length, spec.Shortest);
        Assert.True(Read.Accepts(spec, """{"value":1,"children":[{"value":2,"children":[]}]}"""));
        Assert.False(Read.Accepts(spec, """{"value":1,"children":[{"value":null}]}"""));
    }

    [Theory]
    [InlineData("false", "nothing meets the schema")]
    [InlineData("""{"type":"object","required":["a"],"properties":{"a":{"$ref":"#"}}}""", "nothing meets the required property 'a'")]
    [InlineData("""{"type":"object","required":["a"],"properties":{"a":{"type":"integer","minimum":3,"maximum":2}}}""", "'a' at #/properties/a")]
    [InlineData("""{"type":"string","pattern":"(a"}""", "#/pattern")]
    [InlineData("""{"properties":{"a":{"pattern":"(a)\\1"}}}""", "#/properties/a/pattern")]
    [InlineData("""{"properties":{"a/b":{"type":"text"}}}""", "found 'text' at #/properties/a~1b/type")]
    [InlineData("""{"minimum":"3"}""", "expected a number, found \"3\" at #/minimum")]
    [InlineData("""{"$ref":"other.json"}""", "another document at #/$ref")]
    [InlineData("""{"$ref":"#/$defs/a"}""", "not there, at #/$ref")]
    [InlineData("""{"format":"regex"}""", "'regex' at #/format")]
    [InlineData("""{"type":"array","uniqueItems":true}""", "#/uniqueItems")]
    [InlineData("3", "expected a schema (an object or a Boolean), found 3 at #")]
    public void A_refusal_names_the_keyword_and_its_path(string schema, string expected) => Assert.Contains(expected, Read.Refusal(schema), StringComparison.Ordinal);

    [Theory]
    [InlineData("""{"oneOf":[{"type":"integer"},{"minimum":2}]}""", "2.5")]
    [InlineData("""{"type":"number","not":{"type":"integer"}}""", "-0.25")]
    [InlineData("""{"type":"number","not":{"multipleOf":7}}""", "6")]
    public void An_integer_beyond_a_long_does_not_count_as_something_else(string schema, string accepted)
    {
        ValueSpec spec = Read.Schema(schema);
        Assert.True(Read.Accepts(spec, accepted));
        Assert.False(Read.Accepts(spec, "7000000000000000000000"));
        Assert.False(Read.Accepts(spec, "7000000000000000000000.5")); // which is one to whoever reads doubles
    }
}
