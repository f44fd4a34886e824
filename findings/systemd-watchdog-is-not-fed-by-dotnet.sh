#!/usr/bin/env bash
# Microsoft.Extensions.Hosting.Systemd tells systemd READY=1 and STOPPING=1, and nothing else: it does not look at WATCHDOG_USEC, so that
# a unit with WatchdogSec= kills a healthy .NET service as soon as the time is over, and then every time anew.
#
# Seen 2026-11-29 with Microsoft.Extensions.Hosting and .Systemd 10.0.0, .NET 10, Linux x64.
# Why it matters: WatchdogSec= is in most examples of units for long-lived services. A program has to send WATCHDOG=1 itself, about twice
# in the time, by the same ISystemdNotifier.
#
# A socket made here stands for systemd's. Needs the .NET SDK. Exits with 1 if the behaviour is another one.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat > Finding.csproj <<'X'
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup><TargetFramework>net10.0</TargetFramework><OutputType>Exe</OutputType><ImplicitUsings>enable</ImplicitUsings></PropertyGroup>
  <ItemGroup>
    <PackageReference Include="Microsoft.Extensions.Hosting" Version="10.0.0" />
    <PackageReference Include="Microsoft.Extensions.Hosting.Systemd" Version="10.0.0" />
  </ItemGroup>
</Project>
X
cat > Program.cs <<'X'
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Hosting.Systemd;
using Microsoft.Extensions.Logging;

string path = Path.Combine(Environment.CurrentDirectory, "notify");
using var systemd = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
systemd.Bind(new UnixDomainSocketEndPoint(path));
Environment.SetEnvironmentVariable("NOTIFY_SOCKET", path);
Environment.SetEnvironmentVariable("WATCHDOG_USEC", "500000"); // WatchdogSec=0.5
Environment.SetEnvironmentVariable("WATCHDOG_PID", $"{Environment.ProcessId}");

HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(null);
builder.Logging.ClearProviders();
// What AddSystemd registers where systemd is the parent.
builder.Services.AddSingleton<ISystemdNotifier, SystemdNotifier>();
builder.Services.AddSingleton<IHostLifetime, SystemdLifetime>();
using IHost host = builder.Build();
await host.StartAsync();
await Task.Delay(3000);
await host.StopAsync();

var said = new List<string>();
var message = new byte[256];
while (systemd.Available > 0)
{
    said.Add(Encoding.UTF8.GetString(message, 0, systemd.Receive(message)));
}
Console.WriteLine($"{typeof(SystemdNotifier).Assembly.GetName()}: in 3 s with a watchdog of 0.5 s it said {string.Join(", ", said)}");
return said.SequenceEqual(["READY=1", "STOPPING=1"]) ? 0 : 1;
X
dotnet build -v q -nologo -c Release -o out >build.log 2>&1 || { cat build.log; exit 1; }
./out/Finding
