#!/usr/bin/env bash
# What Microsoft.Extensions.AI makes of the streamed answers of a chat client that sets neither MessageId nor Role, and how it writes JSON.
#
# Seen 2026-11-29 with Microsoft.Extensions.AI 10.11.0, .NET 10:
# - A client that streams updates with neither MessageId nor Role works alone: its text becomes the assistant's message. Under
#   UseFunctionInvocation, after a tool has been called, the text of the final answer becomes part of the message of the role tool.
# - With a role, or with one MessageId for each message, the same updates become assistant, tool, assistant.
# - AIJsonUtilities.DefaultOptions writes indented JSON: results of tools that are objects, and arguments, come back to the model with line
#   ends and blanks that it never wrote.
#
# Why it matters: your own client loses its last answer in a pipeline, and in no test without tools; and a cache of prompts that
# compares text misses at every tool call.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

cat > ids.csproj <<'XML'
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup>
    <OutputType>Exe</OutputType>
    <TargetFramework>net10.0</TargetFramework>
    <ImplicitUsings>enable</ImplicitUsings>
    <Nullable>enable</Nullable>
  </PropertyGroup>
  <ItemGroup>
    <PackageReference Include="Microsoft.Extensions.AI" Version="10.11.0" />
  </ItemGroup>
</Project>
XML

cat > Program.cs <<'CS'
using System.Runtime.CompilerServices;
using System.Text.Json;
using Microsoft.Extensions.AI;

foreach ((string name, bool ids, ChatRole? role) in new (string, bool, ChatRole?)[] { ("neither", false, null), ("role", false, ChatRole.Assistant), ("id", true, null) })
{
    IChatClient client = new TwoTurns(ids, role).AsBuilder().UseFunctionInvocation().Build();
    var options = new ChatOptions { Tools = [AIFunctionFactory.Create(() => new { Degrees = 3 }, "weather")] };
    var updates = new List<ChatResponseUpdate>();
    await foreach (var update in client.GetStreamingResponseAsync("How is it?", options))
    {
        updates.Add(update);
    }
    Console.WriteLine($"{name}: " + string.Join(", ", updates.ToChatResponse().Messages.Select(message => $"{message.Role} '{message.Text}'")));
}
Console.WriteLine("JSON: " + JsonSerializer.Serialize(new Dictionary<string, object?> { ["city"] = "Oslo" }, AIJsonUtilities.DefaultOptions).ReplaceLineEndings("|"));

sealed class TwoTurns(bool ids, ChatRole? role) : IChatClient
{
    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await Task.Yield();
        bool called = messages.Any(message => message.Role == ChatRole.Tool);
        string? id = ids ? Guid.NewGuid().ToString() : null;
        yield return called
            ? new ChatResponseUpdate(role, "Cold.") { MessageId = id }
            : new ChatResponseUpdate(role, [new FunctionCallContent("c1", "weather")]) { MessageId = id };
    }

    public Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException();

    public object? GetService(Type serviceType, object? serviceKey = null) => null;

    public void Dispose() { }
}
CS

dotnet build -c Release -v q -nologo > build.log || { cat build.log; exit 1; }
dotnet bin/Release/net10.0/ids.dll > found.txt
cat found.txt
cat > expected.txt <<'TXT'
neither: assistant '', tool 'Cold.'
role: assistant '', tool '', assistant 'Cold.'
id: assistant '', tool '', assistant 'Cold.'
JSON: {|  "city": "Oslo"|}
TXT
diff expected.txt found.txt && echo "As seen before."
