#!/usr/bin/env bash
# A call after a loop makes .NET's compiler keep the loop's sums in memory: sums that are needed again after the call have to survive it, no vector
# register does by the calling convention of Linux, and instead of storing them once, before the call, the code stores every sum in every round of the
# loop. With the call moved to the caller the same loop stores nothing.
#
# Seen 2026-11-29 with .NET 10.0.12 on x86-64 Linux, optimization on: one store a round for each of eight sums, against none.
# Why it matters: the obvious way to write a dot product is a vector loop and then a helper for the elements that are left. One with eight sums of 512 bits took
# twice the time of the same with the call outside, and nothing in the source shows it.
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
    <AllowUnsafeBlocks>true</AllowUnsafeBlocks>
    <ImplicitUsings>enable</ImplicitUsings>
  </PropertyGroup>
</Project>
XML
cat >Show.cs <<'CS'
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

unsafe
{
    float* w = stackalloc float[1027], x = stackalloc float[8 * 1027];
    new Span<float>(w, 1027).Fill(1);
    new Span<float>(x, 8 * 1027).Fill(1);
    Console.WriteLine($".NET {Environment.Version}: {Products.CallAfterLoop(w, x, 1027)} and {Products.CallOutside(w, x, 1027)}");
}

static unsafe class Products
{
    [MethodImpl(MethodImplOptions.NoInlining)]
    static float Rest(float* w, float* x, int n)
    {
        float sum = 0;
        for (int i = 0; i < n; i++) sum += w[i] * x[i];
        return sum;
    }

    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    public static float CallAfterLoop(float* w, float* x, int n)
    {
        Vector256<float> a = default, b = a, c = a, d = a, e = a, f = a, g = a, h = a;
        int i = 0;
        for (; i <= n - 8; i += 8)
        {
            Vector256<float> v = Vector256.Load(w + i);
            a += v * Vector256.Load(x + i);
            b += v * Vector256.Load(x + n + i);
            c += v * Vector256.Load(x + 2 * n + i);
            d += v * Vector256.Load(x + 3 * n + i);
            e += v * Vector256.Load(x + 4 * n + i);
            f += v * Vector256.Load(x + 5 * n + i);
            g += v * Vector256.Load(x + 6 * n + i);
            h += v * Vector256.Load(x + 7 * n + i);
        }
        float rest = Rest(w + i, x + i, n - i);
        return Vector256.Sum(a + b + c + d + e + f + g + h) + rest;
    }

    public static float CallOutside(float* w, float* x, int n) => Loop(w, x, n) + Rest(w + n / 8 * 8, x + n / 8 * 8, n % 8);

    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    static float Loop(float* w, float* x, int n)
    {
        Vector256<float> a = default, b = a, c = a, d = a, e = a, f = a, g = a, h = a;
        for (int i = 0; i <= n - 8; i += 8)
        {
            Vector256<float> v = Vector256.Load(w + i);
            a += v * Vector256.Load(x + i);
            b += v * Vector256.Load(x + n + i);
            c += v * Vector256.Load(x + 2 * n + i);
            d += v * Vector256.Load(x + 3 * n + i);
            e += v * Vector256.Load(x + 4 * n + i);
            f += v * Vector256.Load(x + 5 * n + i);
            g += v * Vector256.Load(x + 6 * n + i);
            h += v * Vector256.Load(x + 7 * n + i);
        }
        return Vector256.Sum(a + b + c + d + e + f + g + h);
    }
}
CS
dotnet build -c Release -v q --nologo >build.log || { cat build.log; exit 1; }
DOTNET_JitDisasm='CallAfterLoop Loop' DOTNET_JitStdOutFile="$folder/code.txt" dotnet bin/Release/net10.0/show.dll

# Stores of a vector to the stack in the block of code that multiplies.
stores() {
    awk -v method="Products:$1(" '
        /^; Assembly listing/ { inside = index($0, method) > 0 }
        !inside { next }
        /^G_M/ { if (multiplies > 1) print count; count = 0; multiplies = 0 }
        /vmulps|vfmadd/ { multiplies++ }
        /vmovu?p[sd] +[xyz]mmword ptr \[r[bs]p[^,]*\], [xyz]mm/ { count++ }
        END { if (multiplies > 1) print count }' code.txt | sort -n | tail -1
}
after=$(stores CallAfterLoop) outside=$(stores Loop)
echo "stores to the stack in each round: $after with the call after the loop, $outside with the call in the caller"
[ "$after" -ge 8 ] && [ "$outside" -eq 0 ] || { echo "CHANGED: expected at least 8 and 0"; exit 1; }
