#!/usr/bin/env bash
# TensorPrimitives.Sigmoid and Exp of System.Numerics.Tensors start a hundred times slower than they end. Their loops are generic over an operator, so .NET's
# first, unoptimized compilation calls each of the operator's vector operations as a method, and for the exponential these are generic methods over vectors of
# doubles. Tens of milliseconds pass for 65,536 floats, until the runtime compiles them again in the background. The same expression over Vector256.Exp in a method
# of one's own with AggressiveOptimization takes its full speed from the first call, with the same bits.
#
# Seen 2026-11-30 with System.Numerics.Tensors 10.0.15 and .NET 10.0.12 on x86-64 Linux: 54 to 66 ms for each of the first calls, 0.3 to 2 ms for the own loop.
# Why it matters: a program that computes for half a second, such as a command-line tool or the first answer of a service, never sees the library's speed.
# DOTNET_TieredPGO=0 does not help; DOTNET_TieredCompilation=0 does.
#
# Exits with 1 where the behaviour has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat >show.csproj <<'XML'
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup>
    <OutputType>Exe</OutputType>
    <TargetFramework>net10.0</TargetFramework>
    <ImplicitUsings>enable</ImplicitUsings>
  </PropertyGroup>
  <ItemGroup>
    <PackageReference Include="System.Numerics.Tensors" Version="10.0.15" />
  </ItemGroup>
</Project>
XML
cat >Show.cs <<'CS'
using System.Diagnostics;
using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

float[] x = new float[65536], library = new float[x.Length], own = new float[x.Length];
for (int i = 0; i < x.Length; i++) x[i] = (i % 2000 - 1000) * 0.01f;
Own.Sigmoid(x, own); // compiles
double first = Time(() => TensorPrimitives.Sigmoid(x, library)), second = Time(() => TensorPrimitives.Sigmoid(x, library)), loop = Time(() => Own.Sigmoid(x, own));
bool same = library.AsSpan().SequenceEqual(own);
Console.WriteLine($".NET {Environment.Version}: first call {first:F1} ms, second {second:F1} ms, own loop {loop:F1} ms, the same bits: {same}");
return second > 20 * loop && same ? 0 : 1;

static double Time(Action action)
{
    long begin = Stopwatch.GetTimestamp();
    action();
    return Stopwatch.GetElapsedTime(begin).TotalMilliseconds;
}

static class Own
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Sigmoid(ReadOnlySpan<float> x, Span<float> y)
    {
        for (int i = 0; i <= x.Length - Vector256<float>.Count; i += Vector256<float>.Count)
        {
            Vector256<float> v = Vector256.Create(x.Slice(i, Vector256<float>.Count));
            (Vector256<float>.One / (Vector256<float>.One + Vector256.Exp(-v))).CopyTo(y.Slice(i));
        }
    }
}
CS
dotnet build -c Release -v quiet --nologo >build.log || { cat build.log; exit 1; }
dotnet bin/Release/net10.0/show.dll
without=$(DOTNET_TieredCompilation=0 dotnet bin/Release/net10.0/show.dll || true)
echo "without tiers: $without"
