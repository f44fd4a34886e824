using Engine.Parity;

namespace Engine.Host.Commands.Reporting;

/// <summary>Divides time into a screenful of equal intervals, from minutes to weeks.</summary>
internal static class ShadowIntervals
{
    /// <summary>The maximum number of intervals from the first record to the last.</summary>
    private const int Most = 24;

    private static readonly TimeSpan[] Widths =
    [
        TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(15), TimeSpan.FromMinutes(30),
        TimeSpan.FromHours(1), TimeSpan.FromHours(2), TimeSpan.FromHours(6), TimeSpan.FromHours(12), TimeSpan.FromDays(1), TimeSpan.FromDays(2), TimeSpan.FromDays(7),
    ];

    /// <summary>The intervals that contain a sample.</summary>
    /// <param name="points">By time.</param>
    public static IReadOnlyList<ShadowInterval> Of(IReadOnlyList<ShadowPoint> points)
    {
        if (points.Count == 0)
        {
            return [];
        }
        TimeSpan all = points[^1].Time - points[0].Time;
        // A clock that was wrong for a while can make the records span years.
        TimeSpan width = Widths.FirstOrDefault(width => all / width < Most, TimeSpan.FromDays(7 * Math.Ceiling(all.TotalDays / 7 / Most)));
        return
        [
            .. from point in points
               group point by point.Time.UtcTicks / width.Ticks into stretch
               let measured = stretch.Select(point => point.Nmse).OfType<double>().ToArray()
               select new ShadowInterval(
                   new DateTimeOffset(stretch.Key * width.Ticks, TimeSpan.Zero), stretch.Count(), stretch.Count(point => !point.Passed),
                   measured.Length == 0 ? null : LogitMeasures.Percentile(measured, 0.5), measured.Length == 0 ? null : measured.Max()),
        ];
    }
}
