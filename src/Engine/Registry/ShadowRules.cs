using Engine.Shadow;

namespace Engine.Registry;

/// <summary>Validates the configuration of the checks of answers.</summary>
internal static class ShadowRules
{
    /// <summary>The errors, each beginning with its key.</summary>
    /// <param name="shadow">The checks.</param>
    /// <param name="models">The configured models.</param>
    /// <param name="backends">The registered ones.</param>
    public static IEnumerable<string> Check(ShadowOptions shadow, IDictionary<string, ModelOptions> models, IReadOnlyCollection<string> backends)
    {
        if (!IsShare(shadow.Rate))
        {
            yield return $"Rate is {shadow.Rate}. Set it to a share of the generations from 0 to 1, such as 0.05.";
        }
        if (shadow.Rate > 0 && OracleNames.Mistake(shadow.Oracle, models.Keys, backends) is { } mistake)
        {
            yield return $"Oracle is {mistake}";
        }
        foreach (string model in shadow.Models.Where(model => !models.ContainsKey(model)))
        {
            yield return $"Models has '{model}', and there is no such model. "
                + (Spelling.Nearest(model, models.Keys) is { } nearest ? $"Did you mean '{nearest}'?" : "Take it out, or add it to Engine:Models.");
        }
        if (shadow.Models.Contains(shadow.Oracle, StringComparer.OrdinalIgnoreCase))
        {
            yield return $"Models has '{shadow.Oracle}', which is the oracle and would be judged by itself. Take it out, or set Oracle to another model.";
        }
        if (!(shadow.CpuShare > 0 && IsShare(shadow.CpuShare)))
        {
            yield return $"CpuShare is {shadow.CpuShare}. Set it to a share of one core above 0 and up to 1, such as 0.25.";
        }
        if (shadow.Queue < 1)
        {
            yield return $"Queue is {shadow.Queue}. Set it to 1 or more samples that may wait.";
        }
        if (shadow.FullRows < 1)
        {
            yield return $"FullRows is {shadow.FullRows}. Set it to 1 or more steps of which all logits are kept.";
        }
        if (shadow.TopK < 1)
        {
            yield return $"TopK is {shadow.TopK}. Set it to 1 or more logits that are kept of every step.";
        }
        if (shadow.LayersEvery < 0)
        {
            yield return $"LayersEvery is {shadow.LayersEvery}. Set it to the number of samples of which one is compared op by op, or to 0 for none.";
        }
        ShadowAlarmOptions alarm = shadow.Alarm;
        if (alarm.Window <= TimeSpan.Zero)
        {
            yield return $"Alarm:Window is {alarm.Window}. Set it to a time above 0 as hours:minutes:seconds, such as 01:00:00.";
        }
        if (alarm.Verdicts < 1)
        {
            yield return $"Alarm:Verdicts is {alarm.Verdicts}. Set it to 1 or more verdicts that count.";
        }
        if (alarm.Least < 1 || alarm.Least > alarm.Verdicts)
        {
            yield return $"Alarm:Least is {alarm.Least}. Set it to a number of verdicts from 1 to Alarm:Verdicts, which is {alarm.Verdicts}.";
        }
        if (!(alarm.Share < 1 && IsShare(alarm.Share)))
        {
            yield return $"Alarm:Share is {alarm.Share}. Set it to a share of failures from 0 to below 1, such as 0.2.";
        }
        if (alarm.Webhook is { } webhook && !(Uri.TryCreate(webhook, UriKind.Absolute, out Uri? address) && address.Scheme is "http" or "https"))
        {
            yield return $"Alarm:Webhook is '{webhook}'. Set it to an address that begins with https:// or http://.";
        }
    }

    private static bool IsShare(double value) => value is >= 0 and <= 1;
}
