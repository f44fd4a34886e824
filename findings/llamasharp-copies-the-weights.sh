#!/usr/bin/env bash
# LLamaSharp 0.30.0 copies a model's weights into memory unless told otherwise: ModelParams.LoadMode is None, where llama.cpp's own
# default maps the file. A model then takes private memory as large as its file, in every
# process that loads it, and nothing says so.
# Seen 2026-11-28 with LLamaSharp and LLamaSharp.Backend.Cpu 0.30.0, .NET 10, Linux x64.
# Needs the .NET SDK; loads models/llama-stories-f32.gguf of this repository. Exits with 1 if the behaviour is another one.
set -euo pipefail
model=$(cd "$(dirname "$0")/.." && pwd)/models/llama-stories-f32.gguf
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

NativeLibraryConfig.All.WithLogCallback((_, _) => { });
string path = args[0];
int byDefault = Mappings(new ModelParams(path)), mapped = Mappings(new ModelParams(path) { LoadMode = LLamaLoadMode.MemoryMap });
Console.WriteLine($"LoadMode unset is {new ModelParams(path).LoadMode}; mappings of the file while loaded: {byDefault} by default, {mapped} with MemoryMap");
return (byDefault, mapped) == (0, 1) ? 0 : 1;

static int Mappings(ModelParams parameters)
{
    using var weights = LLamaWeights.LoadFromFile(parameters);
    return File.ReadLines("/proc/self/maps").Count(line => line.EndsWith(parameters.ModelPath, StringComparison.Ordinal));
}
X
dotnet --version
dotnet build -v q -nologo -c Release -o out >build.log 2>&1 || { cat build.log; exit 1; }
./out/Finding "$model"
