using System.Text;

namespace Tests.Shared;

/// <summary>Texts of everything that splits in surprising ways: all planes, combining marks, emoji sequences, right-to-left,
/// control characters, blanks of all kinds, long runs, code, numbers, lone surrogates, and a vocabulary's own special tokens.</summary>
internal sealed class GeneratedTexts(int seed, params string[] specials)
{
    private static readonly string[] Words =
    [
        .. "the of and Quick BROWN FoX jUMPs iPhone McDonald naïve café Zürich über straße ﬁnance Ελληνικά Привет мир שלום עולם مرحبا بالعالم".Split(' '),
        .. "नमस्ते दुनिया สวัสดีชาวโลก 你好世界 こんにちは 안녕하세요 日本語テキスト ქართული አማርኛ I'm you're we've they'll he'd it's CAN'T I'LL 'S 'Re 've x's it'ſ".Split(' '),
        .. "한국어 국군 क्षत्रिय ज़्यादा सूर्य น้ำใจ ที่นี่ العربيّة مُحَمَّد ﷺ עִבְרִית שָׁלוֹם தமிழ் கொள்ளை తెలుగు বাংলা မြန်မာ ខ្មែរ བོད་ ΌΣΟΣ İstanbul ıI ẞß ſt Ǆ ǅ 𐐷𐐬 𝔘𝔫𝔦 ÉCOLE ЁЖИК ёжик ՀԱՅ ᲥᲐᲠ HTTPServer fooBarBaz".Split(' '),
        "e\u0301te\u0301", "A\u030A", "o\u0323\u0302", "\u1112\u1161\u11AB\u1100\u116E\u11A8", "\u0928\u093C", "\u05E9\u05BC\u05C1", "\u0B47\u0B3E", "\uF900\uFA10", "\u212B\u2126",
    ];

    private static readonly string[] Emoji = ["😀", "👍🏽", "👨‍👩‍👧‍👦", "🇩🇪🇫🇷", "❤️", "🏳️‍🌈", "✨", "🧑🏿‍🚀", "©", "™", "🀄", "🫠", "🐦‍⬛"];

    private static readonly string[] Code =
    [
        "for (int i = 0; i < n; i++) {\n", "    return x;\n", "}\r\n", "\tif (a != b && c->d) {", "def f(x):\n    pass\n", "https://www.example.com/a/b?c=d&e=f#g",
        "// x\n", "\"str\\n\"", "<div class=\"x\">", "{\"k\": [1, 2.5e-10, null]}", "0xDEADBEEF", "a_b_c", "camelCaseWord", "$var", "~!@#$%^&*()_+`-={}|[]\\:\";'<>?,./",
        "--------", "->", "::", "///\n\n", "\r\n\r\n", "a/b/\n/c",
    ];

    private static readonly string[] Blanks =
    [
        " ", "  ", "   ", "\n", "\n\n", "\t", " \n", "\n ", "\r\n", "\u00A0", "\u3000", "\u2003", "\u2028", "\u0085", "\v", "\f", "\r", "\u200B", "\uFEFF", "\u1680", "\u202F",
    ];

    private static readonly (int First, int End)[] Blocks =
    [
        (0x20, 0x7F), (0, 0x20), (0x80, 0x250), (0x300, 0x370), (0x370, 0x530), (0x590, 0x700), (0x900, 0xE00), (0xE00, 0x1200), (0x1E00, 0x2070), (0x2070, 0x2C00),
        (0x3000, 0x3100), (0x4E00, 0x9FFF), (0xAC00, 0xD7FF), (0xE000, 0xFB00), (0xFB00, 0x10000), (0x10000, 0x12000), (0x1D400, 0x1D800), (0x1E900, 0x1EF00),
        (0x1F000, 0x1FB00), (0x20000, 0x2FA20), (0x30000, 0x31400), (0xE0000, 0xE0200), (0xF0000, 0x110000), (0, 0x110000), (0xD700, 0xE100),
    ];

    private readonly Random _random = new(seed);

    public IEnumerable<string> Take(int count)
    {
        for (int text = 0; text < count; text++)
        {
            yield return Next();
        }
    }

    public string Next()
    {
        var text = new StringBuilder();
        for (int pieces = _random.Next(1, _random.Next(6) == 0 ? 60 : 14); pieces > 0; pieces--)
        {
            AddPiece(text);
        }
        return text.ToString();
    }

    private void AddPiece(StringBuilder text)
    {
        (int First, int End) block = Blocks[_random.Next(Blocks.Length)];
        int count = _random.Next(1, 12);
        int run = _random.Next(1, _random.Next(8) == 0 ? 200 : 20);
        switch (_random.Next(14))
        {
            case < 3: text.Append(Pick(Words)).Append(_random.Next(3) > 0 ? " " : Pick(Words)); break;
            case 3: text.Append(Pick(Emoji)); break;
            case 4: text.Append(Pick(Code)); break;
            case 5: text.Append(Pick(Blanks)); break;
            case 6: text.Append(_random.Next(_random.Next(2) == 0 ? int.MaxValue : 100_000)); break;
            case 7: Repeat(count, () => AddCodePoint(text, _random.Next(block.First, block.End))); break;
            case 8: text.Append(Pick(Words)); Repeat(count / 2, () => AddCodePoint(text, _random.Next(0x300, 0x370))); break;
            case 9: string blank = Pick(Blanks); Repeat(run, () => text.Append(blank)); break;
            case 10: int point = _random.Next(block.First, block.End); Repeat(run, () => AddCodePoint(text, point)); break;
            case 11: Repeat(count, () => text.Append("0123456789٠१①ⅣⅤ½²³〇"[_random.Next(19)])); break;
            case 12: Repeat(count, () => text.Append("AÉBéaÀbCçZzñÑ ʰªº\u0301\u0300ⅧǅA文x字Y'/"[_random.Next(27)])); break;
            default: text.Append(specials.Length > 0 ? Pick(specials) : Pick(Code)).Append(_random.Next(3) == 0 ? "  " : ""); break;
        }
    }

    private static void Repeat(int count, Action action)
    {
        for (; count > 0; count--)
        {
            action();
        }
    }

    private string Pick(string[] from) => from[_random.Next(from.Length)];

    // surrogates stay alone
    private static void AddCodePoint(StringBuilder text, int point) =>
        _ = point is >= 0xD800 and < 0xE000 ? text.Append((char)point) : text.Append(char.ConvertFromUtf32(point));
}
