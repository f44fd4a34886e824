namespace Engine.Tests.Parity;

/// <summary>Two tables of logits (5, 11) whose measures NumPy 1.24.2 computed in float64; every value is exact in F32.</summary>
/// <remarks>
/// The generator:
/// <code>
/// t, v = np.arange(5)[:,None], np.arange(11)[None,:]
/// b = ((7*t+13*v+5)%29-14)/4.0
/// a = b+((11*t+17*v)%23-11)/1024.0
/// a[3,2] += 3.0
/// tok = [4,0,9,2,7]
/// ls = lambda x: x-np.log(np.exp(x).sum(1,keepdims=True))
/// la, lb = ls(a), ls(b); kl = (np.exp(lb)*(lb-la)).sum(1)
/// abs(a-b).max(), ((a-b)**2).sum()/(b**2).sum(), (a*b).sum()/np.sqrt((a*a).sum()*(b*b).sum())
/// kl.mean(), np.percentile(kl,99), kl.max(), (a.argmax(1)==b.argmax(1)).mean()
/// [np.exp(-np.mean([l[i,tok[i+1]] for i in range(4)])) for l in (la,lb)]
/// </code>
/// </remarks>
internal static class Tables
{
    public const int T = 5;
    public const int V = 11;

    public static readonly int[] Tokens = [4, 0, 9, 2, 7];

    /// <summary>b.</summary>
    public static float[][] Reference => Table((t, v) => ((((7 * t) + (13 * v) + 5) % 29) - 14) / 4f);

    /// <summary>b and small differences.</summary>
    public static float[][] Near => Table((t, v) => Reference[t][v] + (((((11 * t) + (17 * v)) % 23) - 11) / 1024f));

    /// <summary>a: small differences, and a fault of 3 in one logit.</summary>
    public static float[][] Faulty => With(Near, 3, 2, 3);

    /// <summary>A copy in which one logit is off by <paramref name="delta"/>.</summary>
    public static float[][] With(float[][] table, int t, int v, float delta)
    {
        float[][] copy = [.. table.Select(row => row.ToArray())];
        copy[t][v] += delta;
        return copy;
    }

    private static float[][] Table(Func<int, int, float> value) =>
        [.. Enumerable.Range(0, T).Select(t => Enumerable.Range(0, V).Select(v => value(t, v)).ToArray())];
}
