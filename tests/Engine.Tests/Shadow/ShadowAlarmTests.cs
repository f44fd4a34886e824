using Engine.Shadow;
using Microsoft.Extensions.Time.Testing;

namespace Engine.Tests.Shadow;

public sealed class ShadowAlarmTests
{
    private static readonly ShadowAlarmOptions Options = new() { Verdicts = 10, Least = 4, Share = 0.25, Window = TimeSpan.FromMinutes(10) };

    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void It_begins_once_above_the_share_and_ends_once_the_window_is_healthy()
    {
        var alarm = new ShadowAlarm(_time);
        Assert.All(Add(alarm, true, 3), change => Assert.Null(change)); // fewer than the least
        Assert.Null(alarm.Failure);
        Assert.Equal([ShadowAlarmEvent.Began, null, null], [.. Add(alarm, true, 1), .. Add(alarm, true, 2)]);
        Assert.Equal("Of the latest 4 checked answers 4 failed, and a share of 0.25 is allowed; the latest failure: NMSE", alarm.Failure!.Message);

        // 6 failures of 10, then 5 …, 3 of 10 are above a quarter, 2 are not.
        Assert.Equal([.. Enumerable.Repeat<ShadowAlarmEvent?>(null, 7), ShadowAlarmEvent.Ended, null], Add(alarm, false, 9));
        Assert.Null(alarm.Failure);
    }

    [Fact]
    public void Verdicts_older_than_the_window_do_not_count_and_a_clock_that_jumps_changes_nothing()
    {
        var time = new JumpingClock();
        var alarm = new ShadowAlarm(time);
        Add(alarm, true, 3);
        time.Wall += TimeSpan.FromDays(400);
        Assert.Equal([ShadowAlarmEvent.Began], Add(alarm, true, 1));
        time.Wall -= TimeSpan.FromDays(900);
        Assert.Equal([null], Add(alarm, false, 1)); // still 4 failures of 5

        time.Monotonic += TimeSpan.FromMinutes(11);
        Assert.Equal([null, null, null, ShadowAlarmEvent.Ended], Add(alarm, false, 4));
    }

    [Fact]
    public void The_op_is_added_to_what_an_alarm_says_and_makes_none()
    {
        var alarm = new ShadowAlarm(_time);
        alarm.Explain("An op");
        Assert.Null(alarm.Failure);
        Add(alarm, true, 4);
        alarm.Explain("The first op that diverges is layer 1");
        Assert.EndsWith("the latest failure: NMSE. The first op that diverges is layer 1", alarm.Failure!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void One_diverging_op_is_enough_and_only_another_comparison_clears_it()
    {
        var alarm = new ShadowAlarm(_time);
        Assert.Null(alarm.Look(null));
        Assert.Equal(ShadowAlarmEvent.Began, alarm.Look("The first op that diverges is layer 1"));
        Assert.Equal("The first op that diverges is layer 1", alarm.Failure!.Message);
        Assert.Null(alarm.Look("The first op that diverges is layer 1"));
        Assert.All(Add(alarm, false, 20), change => Assert.Null(change));
        Assert.NotNull(alarm.Failure);
        Assert.Equal(ShadowAlarmEvent.Ended, alarm.Look(null));
        Assert.Null(alarm.Failure);

        // One by the share of failures is not taken back by it.
        Add(alarm, true, 10);
        Assert.Null(alarm.Look(null));
        Assert.NotNull(alarm.Failure);
    }

    private static ShadowAlarmEvent?[] Add(ShadowAlarm alarm, bool failed, int times) => [.. Enumerable.Range(0, times).Select(_ => alarm.Add(failed, "NMSE", Options))];

    private sealed class JumpingClock : TimeProvider
    {
        public TimeSpan Monotonic { get; set; }

        public DateTimeOffset Wall { get; set; } = DateTimeOffset.UnixEpoch.AddYears(50);

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Monotonic.Ticks;

        public override DateTimeOffset GetUtcNow() => Wall;
    }
}
