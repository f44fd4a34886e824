using System.Runtime.CompilerServices;

namespace Engine.Chat.Jinja;

/// <summary>The resource limits of one rendering, because templates come with model files, which are not trusted.</summary>
internal sealed class Budget(CancellationToken cancellationToken)
{
    /// <summary>The maximum number of steps; a long conversation with tools takes about ten thousand.</summary>
    private const long MaxSteps = 10_000_000;

    /// <summary>The maximum number of characters one rendering may write, including intermediate texts: 256 MB.</summary>
    private const long MaxCharacters = 128L << 20;

    /// <summary>How deeply macros may call each other. Python's own limit allows about 300 levels.</summary>
    private const int MaxCalls = 200;

    // The budget of this thread's current rendering, for dictionaries and sets, whose comparisons cannot be passed one.
    [ThreadStatic]
    private static Budget? _ofThread;

    private long _steps;
    private long _characters;
    private int _calls;

    /// <summary>Pays for a step, or for work on this many items.</summary>
    public void Spend(long steps = 1)
    {
        _steps += steps;
        if (_steps > MaxSteps || steps > MaxSteps)
        {
            throw new JinjaException($"the template takes more than {MaxSteps:N0} steps");
        }
        if ((_steps & 0xFFF) < steps)
        {
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    /// <summary>Runs a rendering, which pays for the comparisons in it.</summary>
    public T Run<T>(Func<T> rendering)
    {
        Budget? outer = _ofThread;
        _ofThread = this;
        try
        {
            return rendering();
        }
        finally
        {
            _ofThread = outer;
        }
    }

    /// <summary>Pays for comparing or hashing a value with this many others in it. A value that contains another twice, which contains a third twice, doubles
    /// the work at each level.</summary>
    public static void SpendOnComparison(int items) => _ofThread?.Spend(1 + items);

    /// <summary>Pays for reading or writing this many characters.</summary>
    public void SpendOnText(long characters)
    {
        _characters += characters;
        if (_characters > MaxCharacters || characters > MaxCharacters)
        {
            throw new JinjaException($"the template handles more than {MaxCharacters:N0} characters");
        }
        Spend();
    }

    /// <summary>Runs a macro's body, unless macros call each other without end.</summary>
    public T Call<T>(Func<T> body)
    {
        if (++_calls > MaxCalls)
        {
            throw new JinjaException($"macros call each other more than {MaxCalls} deep");
        }
        try
        {
            return body();
        }
        finally
        {
            _calls--;
        }
    }

    /// <summary>Refuses to recurse further near the end of the thread's stack, because an overflow would end the process.</summary>
    public static void RequireStack()
    {
        if (!RuntimeHelpers.TryEnsureSufficientExecutionStack())
        {
            throw new JinjaException("the template or a value in it is nested too deep");
        }
    }
}
