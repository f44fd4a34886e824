namespace Engine.HuggingFace.Rules;

/// <summary>Texts that reveal differences between tokenizers: contractions, numbers, runs of blanks, line ends, capitals, code, and scripts with
/// accents, marks, syllables and no blanks.</summary>
internal static class TokenizerSample
{
    /// <summary>The texts. None begins or ends with a blank, and none contains a special token.</summary>
    public static IReadOnlyList<string> Texts { get; } =
    [
        "the three there",
        "The river was low that year.",
        "I'll say they've gone; she'd know, wouldn't SHE'LL?",
        "In 1984 there were 12345678 of them, 3.14159 or 1,000,000 each.",
        "two  blanks,   three    and\ttabs\t\there",
        "a line\nanother\r\n\r\n\n  and one more",
        "HTTPServer parseXMLFile camelCase SCREAMING_SNAKE x2y3",
        "for (int i = 0; i < n; i++) { sum += a[i] * b[i]; } // done",
        "def f(x):\n    return {'key': x ** 2, \"other\": [1, 2, 3]}",
        "https://example.org/path?query=1&x=%20#part, mail@example.org",
        "$100 costs 50% less + 7 = ~57; (a|b) ^ c <tag/> `code` \\n",
        "Größe, Straße, Äpfel: naïve café, façade, Ærø, Łódź, señor",
        "cafe\u0301 e\u0308 o\u0302 decomposed",
        "Быстрая лиса прыгает. ЗАГЛАВНЫЕ и строчные",
        "Η γρήγορη αλεπού, ΑΘΗΝΑ",
        "北京的天气很好。東京タワーは高い、ひらがなカタカナ",
        "한국어 문장은 음절로 쓴다",
        "यह हिन्दी का एक वाक्य है",
        "السلام عليكم يا صديقي ١٢٣",
        "שלום עולם",
        "สวัสดีชาวโลก",
        "smiles 😀 families 👩‍👩‍👧 flags 🇩🇪 and ✨ signs ™ ½ ²",
        "“quoted” – dashes — and… ellipses ‘single’ «guillemets»",
        "supercalifragilisticexpialidocious antidisestablishmentarianism",
        "x",
    ];
}
