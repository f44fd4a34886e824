#!/usr/bin/env bash
# System.CommandLine's completion fails on an option that is joined to its value by an equals sign: for "paint --color=r" the directive [suggest] ends
# with an InvalidOperationException ("Sequence contains no matching element"), though the parser takes "paint --color=red" and completes "paint --color r".
# The same happens when the value is complete, and after an argument.
#
# Seen 2026-11-30 with System.CommandLine 2.0.15, .NET 10, Linux x64.
# Why it matters: many people write options with an equals sign, and some shells keep it when they complete. A program that wants to complete
# these has to split such a word itself before it asks the library, and put the option's name in front of each proposal afterwards.
#
# Needs the .NET SDK. Exits with 1 if the behaviour is another one.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat > Finding.csproj <<'X'
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup><TargetFramework>net10.0</TargetFramework><OutputType>Exe</OutputType><ImplicitUsings>enable</ImplicitUsings></PropertyGroup>
  <ItemGroup><PackageReference Include="System.CommandLine" Version="2.0.15" /></ItemGroup>
</Project>
X
cat > Program.cs <<'X'
using System.CommandLine;
var color = new Option<string>("--color");
color.AcceptOnlyFromAmong("red", "blue");
var paint = new Command("paint") { color };
paint.SetAction(parsed => Console.WriteLine(parsed.GetValue(color)));
return new RootCommand("A command with an option that takes one of two words.") { paint }.Parse(args).Invoke();
X
dotnet build -v q -nologo -c Release -o out >build.log 2>&1 || { cat build.log; exit 1; }
dotnet --version
parsed=$(./out/Finding paint --color=red)
apart=$(./out/Finding '[suggest:15]' 'paint --color r')
code=0
joined=$(./out/Finding '[suggest:15]' 'paint --color=r' 2>errors) || code=$?
error=$(grep -o 'System\.[A-Za-z]*Exception: .*' errors | head -1 || true)
echo "the parser on \"paint --color=red\":    $parsed"
echo "proposals for \"paint --color r\":      $apart"
echo "proposals for \"paint --color=r\":      '$joined', exit code $code, $error"
[ "$parsed" = red ] && [ "$apart" = red ] && [ -z "$joined" ] && [ "$code" = 1 ] && [ "$error" = "System.InvalidOperationException: Sequence contains no matching element" ]
