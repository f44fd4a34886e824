#!/usr/bin/env bash
# OllamaSharp looks at a stream's CancellationToken between lines alone: cancelled while the server is silent (it reads a prompt, or
# computes a token), ChatAsync ends (without an exception) only when the next line comes, and the server sees the disconnect no earlier.
# Seen 2026-11-29 with OllamaSharp 5.5.2, .NET 10, Linux x64.
# Why it matters: a "stop" button does nothing while nothing comes. A server that sends a line without text now and then
# bounds the wait.
# Needs the .NET SDK. Exits with 1 if the behaviour is another one.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat > Finding.csproj <<'X'
<Project Sdk="Microsoft.NET.Sdk.Web">
  <PropertyGroup><TargetFramework>net10.0</TargetFramework><Nullable>enable</Nullable><ImplicitUsings>enable</ImplicitUsings></PropertyGroup>
  <ItemGroup><PackageReference Include="OllamaSharp" Version="5.5.2" /></ItemGroup>
</Project>
X
cat > Program.cs <<'X'
using System.Diagnostics;
using OllamaSharp;
using OllamaSharp.Models.Chat;

WebApplicationBuilder builder = WebApplication.CreateBuilder();
builder.Logging.ClearProviders();
WebApplication app = builder.Build();
app.Urls.Add("http://127.0.0.1:0");
// A line, three seconds of silence, the last line.
app.MapPost("/api/chat", async context =>
{
    context.Response.ContentType = "application/x-ndjson";
    await context.Response.WriteAsync("""{"model":"m","created_at":"2026-01-01T00:00:00Z","message":{"role":"assistant","content":"a"},"done":false}""" + "\n");
    await context.Response.Body.FlushAsync();
    await Task.Delay(3000);
    await context.Response.WriteAsync("""{"model":"m","created_at":"2026-01-01T00:00:00Z","message":{"role":"assistant","content":""},"done":true,"done_reason":"stop"}""" + "\n");
});
await app.StartAsync();
using var client = new OllamaApiClient(app.Urls.First());
using var cancel = new CancellationTokenSource();
var clock = new Stopwatch();
string end = "without an exception";
try
{
    await foreach (ChatResponseStream? part in client.ChatAsync(new ChatRequest { Model = "m", Messages = [new Message(ChatRole.User, "a")] }, cancel.Token))
    {
        if (!clock.IsRunning)
        {
            clock.Start();
            cancel.CancelAfter(100);
        }
    }
}
catch (OperationCanceledException)
{
    end = "with an OperationCanceledException";
}
Console.WriteLine($"OllamaSharp {typeof(OllamaApiClient).Assembly.GetName().Version?.ToString(3)}: cancelled after 0.1 s of 3 s of silence, the loop ended {end} after {clock.Elapsed.TotalSeconds:0.0} s");
await app.StopAsync();
return clock.Elapsed.TotalSeconds >= 2.5 ? 0 : 1;
X
DOTNET_NOLOGO=1 dotnet run -v q
