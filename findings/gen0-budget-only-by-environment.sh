#!/usr/bin/env bash
# The size of .NET's youngest generation can be set, but only by the environment: DOTNET_GCgen0size works in .NET 10, and System.GC.Gen0Size
# in runtimeconfig.json, where a published program would carry it, is passed over without a word. The documentation of the setting says
# that it has no effect since .NET 5.
#
# Seen 2026-11-29 with .NET 10 (the SDK's), Linux x64, workstation and server collector.
# Why it matters: where the cache of a virtual machine looks small, collections of the youngest generation come many times a second, and a
# program of many short-lived objects loses a good part of its time. It can help itself only by starting itself anew with a variable set.
#
# Needs the .NET SDK. Exits with 1 if the behaviour is another one.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat > Finding.csproj <<'X'
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup><TargetFramework>net10.0</TargetFramework><OutputType>Exe</OutputType><ImplicitUsings>enable</ImplicitUsings><ConcurrentGarbageCollection>false</ConcurrentGarbageCollection></PropertyGroup>
</Project>
X
cat > Program.cs <<'X'
object? kept = null;
for (int i = 0; i < 20_000_000; i++)
{
    kept = new byte[40]; // 64 bytes with its header: 1.28 GB in all
}
GC.KeepAlive(kept);
Console.WriteLine(GC.CollectionCount(0));
X
dotnet build -v q -nologo -c Release -o out >build.log 2>&1 || { cat build.log; exit 1; }
dotnet --version
size=268435456 # 256 MiB
for server in 0 1; do
    export DOTNET_gcServer=$server
    small=$(DOTNET_GCgen0size=0x400000 ./out/Finding)
    large=$(DOTNET_GCgen0size=0x10000000 ./out/Finding)
    cp out/Finding.runtimeconfig.json kept.json
    sed -i "s/\"configProperties\": {/\"configProperties\": { \"System.GC.Gen0Size\": $size,/" out/Finding.runtimeconfig.json
    grep -q Gen0Size out/Finding.runtimeconfig.json
    configured=$(./out/Finding)
    cp kept.json out/Finding.runtimeconfig.json
    unset_=$(./out/Finding)
    echo "server collector $server: collections with a variable of 4 MiB $small, of 256 MiB $large; with runtimeconfig.json of 256 MiB $configured; with neither $unset_"
    # By the variable the count follows the size; by the file it does not.
    [ "$small" -gt $((5 * large)) ] && [ "$configured" -gt $((5 * large)) ] || { echo CHANGED; exit 1; }
done
