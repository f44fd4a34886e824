#!/usr/bin/env bash
# LLamaSharp 0.30.0: LLamaEmbedder implements Microsoft.Extensions.AI's IEmbeddingGenerator, and GenerateAsync throws
# ObjectDisposedException at its first call, though nothing was disposed; GetEmbeddings of the same object works before and after.
# What is written against the interface compiles and never runs. Known upstream since 0.25.
# Seen 2026-11-28 with LLamaSharp and LLamaSharp.Backend.Cpu 0.30.0, .NET 10, Linux x64.
# Needs the .NET SDK; loads models/bert-facts.gguf of this repository. Exits with 1 if the behaviour is another one.
set -euo pipefail
model=$(cd "$(dirname "$0")/.." && pwd)/models/bert-facts.gguf
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat > Finding.csproj <<'X'
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup><TargetFramework>net10.0</TargetFramework><OutputType>Exe</OutputType><ImplicitUsings>enable</ImplicitUsings></PropertyGroup>
  <ItemGroup>
    <PackageReference Include="LLamaSharp" Version="0.30.0" />
    <PackageReference Include="LLamaSharp.Backend.Cpu" Version="0.30.0" />
  </ItemGroup>
</Project>
X
cat > Program.cs <<'X'
using LLama;
using LLama.Common;
using LLama.Native;
using Microsoft.Extensions.AI;

NativeLibraryConfig.All.WithLogCallback((_, _) => { });
var parameters = new ModelParams(args[0]) { PoolingType = LLamaPoolingType.Mean };
using var weights = LLamaWeights.LoadFromFile(parameters);
using var embedder = new LLamaEmbedder(weights, parameters);
Console.WriteLine($"GetEmbeddings: {(await embedder.GetEmbeddings("the red ball"))[0].Length} numbers");
string said = "an answer";
try
{
    await ((IEmbeddingGenerator<string, Embedding<float>>)embedder).GenerateAsync(["the red ball"]);
}
catch (Exception e)
{
    said = e.GetType().Name;
}
Console.WriteLine($"GenerateAsync: {said}");
Console.WriteLine($"GetEmbeddings again: {(await embedder.GetEmbeddings("the red ball"))[0].Length} numbers");
return said == nameof(ObjectDisposedException) ? 0 : 1;
X
dotnet --version
dotnet build -v q -nologo -c Release -o out >build.log 2>&1 || { cat build.log; exit 1; }
./out/Finding "$model"
