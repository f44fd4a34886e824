using Engine.Chat;

namespace Engine.Tests.Chat;

/// <summary>A template comes with a model file, and may want to end the process: every one of these is an error instead.</summary>
public sealed class HostileTemplateTests
{
    [Theory]
    [InlineData("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}")]
    [InlineData("{% macro a() %}{{ b() }}{% endmacro %}{% macro b() %}{{ a() }}{% endmacro %}{{ a() }}")]
    [InlineData("{% macro m() %}{% call m() %}{{ caller() }}{% endcall %}{% endmacro %}{{ m() }}")]
    [InlineData("{% for x in [1] recursive %}{{ loop([1]) }}{% endfor %}")]
    [InlineData("{% for a in range(99999) %}{% for b in range(99999) %}{% for c in range(99999) %}{% endfor %}{% endfor %}{% endfor %}")]
    [InlineData("{% for a in range(99999) %}{% for b in range(99999) %}x{% endfor %}{% endfor %}")]
    [InlineData("{{ 'x' * 1000000000000 }}")]
    [InlineData("{{ [0] * 1000000000000 }}")]
    [InlineData("{% set ns = namespace(s='x') %}{% for i in range(99) %}{% set ns.s = ns.s + ns.s %}{% endfor %}{{ ns.s }}")]
    [InlineData("{% set ns = namespace(l=[1]) %}{% for i in range(99) %}{% set ns.l = ns.l + ns.l %}{% endfor %}{{ ns.l }}")]
    [InlineData("{% set ns = namespace(l=[]) %}{% for i in range(99999) %}{% set ns.l = [ns.l] %}{% endfor %}{{ ns.l }}")]
    [InlineData("{% set ns = namespace(l=[]) %}{% for i in range(99999) %}{% set ns.l = [ns.l] %}{% endfor %}{{ ns.l | tojson }}")]
    // Half a million levels: optimized code went through 100,000 on a stack of 8 MB.
    [InlineData("{% set a = namespace(l=[]) %}{% set b = namespace(l=[]) %}{% for i in range(99999) %}{% set a.l = [[[[[a.l]]]]] %}{% set b.l = [[[[[b.l]]]]] %}{% endfor %}{{ a.l == b.l }}")]
    [InlineData("{% set a = namespace(l=[]) %}{% set b = namespace(l=[]) %}{% for i in range(99) %}{% set a.l = [a.l, a.l] %}{% set b.l = [b.l, b.l] %}{% endfor %}{{ a.l == b.l }}")]
    [InlineData("{% set a = namespace(l={}) %}{% set b = namespace(l={}) %}{% for i in range(99) %}{% set a.l = {1: a.l, 2: a.l} %}{% set b.l = {1: b.l, 2: b.l} %}{% endfor %}{{ a.l == b.l }}")]
    [InlineData("{% set ns = namespace(l=(1,)) %}{% for i in range(99) %}{% set ns.l = (ns.l, ns.l) %}{% endfor %}{{ [ns.l] | unique | list }}")]
    [InlineData("{% set ns = namespace(l=(1,)) %}{% for i in range(99999) %}{% set ns.l = (((((ns.l,),),),),) %}{% endfor %}{{ [ns.l] | unique | list }}")]
    [InlineData("{% set ns = namespace() %}{% set ns.me = ns %}{{ ns }}")]
    [InlineData("{{ 9 ** 9 ** 9 ** 9 ** 9 }}")]
    [InlineData("{{ 10 ** 99999999999999999999 }}")]
    [InlineData("{% set ns = namespace(n=3) %}{% for i in range(99) %}{% set ns.n = ns.n * ns.n %}{% endfor %}")]
    [InlineData("{{ range(9999999999) }}")]
    [InlineData("{{ '%999999999d' % 1 }}")]
    [InlineData("{{ '{:999999999}'.format(1) }}")]
    [InlineData("{{ 'x'.center(9999999999) }}")]
    [InlineData("{{ 'x' | replace('', 'y' * 1000000) | replace('', 'y' * 100000) }}")]
    [InlineData("{% set t = 'x' * 10000000 %}{% for i in range(99999) %}{{ 'y' in t }}{% endfor %}")]
    [InlineData("{{ [1, 2] | batch(1000000000, 0) | list | tojson | length / 0 }}")]
    [InlineData("{{ [1] | slice(1000000000) | list }}")]
    [InlineData("{{ 1 | round(99999999999) / 0 }}")]
    [InlineData("{{ '%c' % 99999999999 }}")]
    [InlineData("{{ 'x' | int(base=99) / 0 }}")]
    public void It_is_an_error_with_no_more_work_than_plain_loops_may_take(string source)
    {
        (double seconds, long bytes) = Work(source);
        Assert.InRange(seconds, 0, 4 * Plainest.Value.Seconds);
        Assert.InRange(bytes, 0, 4 * Plainest.Value.Bytes);
    }

    /// <summary>What it costs to take all steps that a rendering may take, each of which does next to nothing: the measure of this machine.</summary>
    private static readonly Lazy<(double Seconds, long Bytes)> Plainest =
        new(() => Work("{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}"));

    private static (double Seconds, long Bytes) Work(string source)
    {
        (double begin, long before) = (Steady.ThreadTime(), GC.GetAllocatedBytesForCurrentThread());
        Assert.Throws<ChatTemplateException>(() => new ChatTemplate(source).Render(new ChatTemplateInput { Messages = [] }));
        return (Steady.ThreadTime() - begin, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Theory]
    [InlineData("(", ")", "1")]
    [InlineData("[", "]", "1")]
    [InlineData("{1:", "}", "1")]
    [InlineData("not ", "", "1")]
    [InlineData("-", "", "1")]
    [InlineData("1 if 1 else ", "", "1")]
    [InlineData("x[", "]", "1")]
    [InlineData("f(", ")", "1")]
    [InlineData("1 + ", "", "1")]
    [InlineData("1 ** ", "", "1")]
    [InlineData("", ".a", "x")]
    [InlineData("", "|string", "x")]
    [InlineData("", " is string", "x")]
    [InlineData("'a' ~ ", "", "1")]
    [InlineData("1 or ", "", "1")]
    [InlineData("1 < ", "", "1")]
    public void Expressions_nested_too_deeply_never_end_the_process(string open, string close, string middle)
    {
        string source = $"{{{{ {string.Concat(Enumerable.Repeat(open, 20_000))}{middle}{string.Concat(Enumerable.Repeat(close, 20_000))} }}}}";
        RenderOnSmallStack(source);
    }

    [Theory]
    [InlineData("{% if 1 %}", "{% endif %}")]
    [InlineData("{% for x in [1] %}", "{% endfor %}")]
    [InlineData("{% set x %}", "{% endset %}")]
    [InlineData("{% macro m() %}", "{% endmacro %}")]
    [InlineData("{% filter upper %}", "{% endfilter %}")]
    [InlineData("{% with %}", "{% endwith %}")]
    public void Statements_nested_too_deeply_never_end_the_process(string open, string close) =>
        RenderOnSmallStack(string.Concat(Enumerable.Repeat(open, 20_000)) + "x" + string.Concat(Enumerable.Repeat(close, 20_000)));

    [Fact]
    public void Torn_templates_are_errors_or_render()
    {
        string folder = Path.Combine(SharedFolder.Checkout, "tests", "Golden", "ChatTemplates", "templates");
        var random = new Random(7);
        foreach (string path in Directory.GetFiles(folder))
        {
            string source = File.ReadAllText(path);
            for (int i = 0; i < 150; i++)
            {
                int cut = random.Next(source.Length);
                int length = random.Next(40);
                string torn = i % 2 == 0 ? source.Remove(cut, Math.Min(length, source.Length - cut)) : source.Insert(cut, source.Substring(random.Next(source.Length - 40), length));
                try
                {
                    new ChatTemplate(torn).Render(new ChatTemplateInput { Messages = [new TemplateMessage("user", "a"), new TemplateMessage("assistant", "b")] });
                }
                catch (ChatTemplateException e)
                {
                    Assert.InRange(e.Line, 1, torn.Count(c => c == '\n') + 1);
                }
            }
        }
    }

    [Fact]
    public async Task Rendering_can_be_cancelled()
    {
        CancellationToken soon = Steady.CancelledAfter(TimeSpan.FromMilliseconds(100));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Task.Run(() => new ChatTemplate(
            "{% for a in range(99999) %}{% for b in range(150) %}{% endfor %}{% endfor %}").Render(new ChatTemplateInput { Messages = [] }, soon)));
    }

    /// <summary>On a stack of 256 KB, the least that platforms give a thread.</summary>
    private static void RenderOnSmallStack(string source)
    {
        Exception? unexpected = null;
        var thread = new Thread(() =>
        {
            try
            {
                new ChatTemplate(source).Render(new ChatTemplateInput { Messages = [] });
            }
            catch (Exception e)
            {
                unexpected = e is ChatTemplateException { Line: >= 1 } ? null : e;
            }
        }, maxStackSize: 256 << 10);
        thread.Start();
        thread.Join();
        Assert.Null(unexpected);
    }
}
