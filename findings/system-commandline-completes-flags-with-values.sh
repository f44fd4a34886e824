#!/usr/bin/env bash
# System.CommandLine's completion takes a flag for an option that waits for a value: after "--json " the directive [suggest] proposes "False" and
# "True" and no other option of the command, though the parser itself takes "--json --name x" as two options. Words are also matched anywhere in
# a name, not only at its beginning: "me" proposes "--name".
#
# Seen 2026-11-29 with System.CommandLine 2.0.15, .NET 10, Linux x64.
# Why it matters: a shell that takes the proposals as they are puts "True" after each flag, and one that inserts the common beginning of all
# proposals, as bash does, replaces what was typed by something that does not begin with it. The script of a shell has to filter by prefix, and a
# program has to give its flags a source of completions that lists its other options.
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
var json = new Option<bool>("--json");
var name = new Option<string>("--name");
var root = new RootCommand("A flag and an option.") { json, name };
root.SetAction(parsed => Console.WriteLine($"parsed: json {parsed.GetValue(json)}, name {parsed.GetValue(name)}"));
return root.Parse(args).Invoke();
X
dotnet build -v q -nologo -c Release -o out >build.log 2>&1 || { cat build.log; exit 1; }
dotnet --version
parsed=$(./out/Finding --json --name x)
after=$(./out/Finding '[suggest:7]' '--json ' | sort | paste -sd ' ')
middle=$(./out/Finding '[suggest:2]' 'me' | sort | paste -sd ' ')
echo "the parser on \"--json --name x\":   $parsed"
echo "proposals after \"--json \":          $after"
echo "proposals for \"me\":                $middle"
[ "$parsed" = "parsed: json True, name x" ] && [ "$after" = "False True" ] && [ "$middle" = "--name" ]
