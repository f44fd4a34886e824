#!/usr/bin/env bash
# .NET's Regex never gives a character back where a loop over characters that are no letters stands before \B: \W+\B does not match
# "--a", though "-" is a match. The loop is taken for atomic, but two hyphens with no boundary between them are what it could give back to.
# The interpreter and the compiled engine are wrong; the same class with NonBacktracking or RightToLeft, and JavaScript, are right.
# RegexOptions.ECMAScript does not help.
#
# Seen 2026-11-29 with .NET 10 (the SDK's), Linux x64, and Node.
# Why it matters: whoever judges another regex engine by .NET's (a grammar for a model, a validator of JSON schemas) finds a
# difference that is not its own.
#
# Needs the .NET SDK and Node. Exits with 1 if the behaviour is another one.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat > Finding.csproj <<'X'
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup><TargetFramework>net10.0</TargetFramework><OutputType>Exe</OutputType><ImplicitUsings>enable</ImplicitUsings></PropertyGroup>
</Project>
X
cat > Program.cs <<'X'
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;

Console.WriteLine(RuntimeInformation.FrameworkDescription);
string seen = "";
foreach ((string pattern, string text) in new[] { (@"\W+\B", "--a"), (@"-{1,2}\B", "--a"), (@"-*\B", "--a"), (@"(-|-)+\B", "--a") })
{
    foreach (RegexOptions option in new[] { RegexOptions.None, RegexOptions.Compiled, RegexOptions.ECMAScript, RegexOptions.NonBacktracking, RegexOptions.RightToLeft })
    {
        Match match = Regex.Match(text, pattern, option);
        Console.WriteLine($"{pattern} on {text}, {option}: {(match.Success ? match.Value : "no match")}");
        seen += match.Success ? 'y' : 'n';
    }
}
return seen == "nnnyy" + "nnnyy" + "yyyyy" + "yyyyy" ? 0 : 1;
X
dotnet build -v q -nologo -c Release -o out >build.log 2>&1 || { cat build.log; exit 1; }
./out/Finding
node -e 'const found = ["\\W+\\B", "-{1,2}\\B"].map(pattern => new RegExp(pattern).exec("--a")?.[0]); console.log("JavaScript:", found); process.exit(found.every(text => text === "-") ? 0 : 1)'
