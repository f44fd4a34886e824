#!/usr/bin/env bash
# In an Aspire app host, PublishAsDockerFile() turns a program into a container, and the program's arguments do not come along: the manifest
# of the executable has them under "args", that of the container has no such entry, whether they were given to AddExecutable or to WithArgs.
# Environment variables and endpoints do come along. PublishAsDockerFile(container => container.WithArgs(...)) sets the container's own.
#
# Seen 2026-11-30 with Aspire.Hosting 13.6.5, .NET 10, Linux x64.
# Why it matters: a server that takes its port or its model as an argument runs in development as told, and as a container with whatever its
# image starts by default, without a word from Aspire.
#
# Needs the .NET SDK and Node. Exits with 1 if the behaviour is another one.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat > Finding.csproj <<'E'
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup><TargetFramework>net10.0</TargetFramework><OutputType>Exe</OutputType><ImplicitUsings>enable</ImplicitUsings></PropertyGroup>
  <ItemGroup>
    <PackageReference Include="Aspire.Hosting" Version="13.6.5" />
    <PackageReference Include="Nerdbank.MessagePack" Version="1.3.88" />
    <PackageReference Include="Polly.Core" Version="8.8.0" />
  </ItemGroup>
</Project>
E
cat > Program.cs <<'E'
using Aspire.Hosting;

var builder = DistributedApplication.CreateBuilder(new DistributedApplicationOptions { Args = args, DisableDashboard = true });
Add("plain");
Add("container").PublishAsDockerFile();
Add("told").PublishAsDockerFile(container => container.WithArgs("--port", "8080"));
builder.Build().Run();

IResourceBuilder<ExecutableResource> Add(string name) =>
    builder.AddExecutable(name, "server", ".", "--port", "8080").WithArgs("--verbose").WithEnvironment("MODE", "quiet").WithHttpEndpoint(targetPort: 8080);
E
sed -i 's/^using Aspire.Hosting;/&\nusing Aspire.Hosting.ApplicationModel;/' Program.cs
echo 'FROM scratch' > Dockerfile
dotnet build -v q -nologo -o out >build.log 2>&1 || { cat build.log; exit 1; }
dotnet --version
./out/Finding --operation publish --publisher manifest --output-path manifest.json >run.log 2>&1 || { cat run.log; exit 1; }
cat manifest.json
echo
node - <<'E'
const assert = require("node:assert"), { readFileSync } = require("node:fs");
const { plain, container, told } = JSON.parse(readFileSync("manifest.json", "utf8")).resources;
assert.deepEqual(plain.args, ["--port", "8080", "--verbose"]);
assert.equal(container.args, undefined);
assert.deepEqual(told.args, ["--port", "8080"]);
for (const resource of [plain, container, told]) {
    assert.equal(resource.env.MODE, "quiet");
    assert.equal(resource.bindings.http.targetPort, 8080);
}
E
echo "As described."
