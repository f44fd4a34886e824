using System.Globalization;
using System.Text;

namespace Engine.Chat.Jinja;

/// <summary>C's <c>strftime</c> in the C locale, as Python exposes it; <c>%-d</c> omits the leading zero.</summary>
internal static class Strftime
{
    public static string Format(DateTimeOffset time, string format)
    {
        var text = new StringBuilder();
        for (int i = 0; i < format.Length; i++)
        {
            if (format[i] != '%' || i + 1 == format.Length)
            {
                text.Append(format[i]);
                continue;
            }
            bool bare = format[i + 1] == '-' && i + 2 < format.Length;
            i += bare ? 2 : 1;
            string part = Part(time, format[i]);
            text.Append(bare && part.Length > 1 && char.IsAsciiDigit(part[^1]) ? part.TrimStart('0').PadLeft(1, '0') : part);
        }
        return text.ToString();
    }

    private static string Part(DateTimeOffset time, char directive) => directive switch
    {
        'Y' => Net(time, "yyyy"),
        'y' => Net(time, "yy"),
        'm' => Net(time, "MM"),
        'd' => Net(time, "dd"),
        'e' => time.Day.ToString(CultureInfo.InvariantCulture).PadLeft(2),
        'H' => Net(time, "HH"),
        'I' => Net(time, "hh"),
        'M' => Net(time, "mm"),
        'S' => Net(time, "ss"),
        'p' => Net(time, "tt"),
        'B' => Net(time, "MMMM"),
        'b' or 'h' => Net(time, "MMM"),
        'A' => Net(time, "dddd"),
        'a' => Net(time, "ddd"),
        'f' => Net(time, "ffffff"),
        'j' => time.DayOfYear.ToString("000", CultureInfo.InvariantCulture),
        'u' => (((int)time.DayOfWeek + 6) % 7 + 1).ToString(CultureInfo.InvariantCulture),
        'w' => ((int)time.DayOfWeek).ToString(CultureInfo.InvariantCulture),
        'F' => Net(time, "yyyy-MM-dd"),
        'T' or 'X' => Net(time, "HH:mm:ss"),
        'R' => Net(time, "HH:mm"),
        'D' or 'x' => Net(time, "MM/dd/yy"),
        'c' => $"{Net(time, "ddd MMM")} {Part(time, 'e')} {Net(time, "HH:mm:ss yyyy")}",
        'n' => "\n",
        't' => "\t",
        '%' => "%",
        // datetime.now() has no time zone, so Python writes nothing for these.
        'z' or 'Z' => "",
        'G' => ISOWeek.GetYear(time.DateTime).ToString(CultureInfo.InvariantCulture),
        'V' => ISOWeek.GetWeekOfYear(time.DateTime).ToString("00", CultureInfo.InvariantCulture),
        _ => "%" + directive,
    };

    private static string Net(DateTimeOffset time, string format) => time.ToString(format, CultureInfo.InvariantCulture);
}
