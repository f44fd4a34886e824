using System.Text;

namespace Engine.Benchmarks;

/// <summary>Prose in many languages, code, data, numbers and emoji in shuffled lines; the same for the same seed.</summary>
internal static class MixedText
{
    private static readonly string[] Prose =
    [
        "It was late in the afternoon when the old sailor, who hadn't spoken for days, finally told us what he'd seen beyond the islands.",
        "The committee's report says that prices rose by 3.7 percent between 1998 and 2004, although wages didn't follow until later.",
        "Scientists have long known that the river changes its course; they're only now beginning to understand why it does so every spring.",
        "Als der Zug endlich einfuhr, drängten sich die Reisenden über den Bahnsteig, und niemand hörte mehr auf die Lautsprecheransagen.",
        "Le soir, les enfants écoutaient près du feu les histoires que leur grand-mère avait rapportées de ses voyages à l'étranger.",
        "Поезд шёл всю ночь, и только под утро мы увидели огни города, о котором так много рассказывал нам отец.",
        "Η θάλασσα ήταν ήρεμη και ο ουρανός γεμάτος αστέρια όταν ξεκινήσαμε το μεγάλο ταξίδι μας προς τα νησιά.",
        "كانت المدينة هادئة في ذلك الصباح، ولم يكن في الشوارع سوى بائع الخبز وبعض القطط التي تبحث عن الدفء.",
        "बारिश के बाद पूरा गाँव खेतों की ओर चल पड़ा और बच्चे पानी में कागज़ की नाव चलाने लगे।",
        "昨天晚上下了一场大雨，今天早上空气特别新鲜，很多老人在公园里打太极拳，孩子们在湖边喂鱼。",
        "山の上の小さな駅には、週に二度しか列車が止まりません。それでも駅長は毎朝ホームを掃いています。",
        "어제 저녁에 친구와 함께 시장에 갔는데 사람들이 너무 많아서 아무것도 사지 못하고 돌아왔다.",
        "Great news!!! 🎉🎉 We're live at https://www.example.org/launch?id=42&ref=mail 👩‍💻🚀 #launch @team",
    ];

    private static readonly string[] Code =
    [
        "        for (int i = 0; i < values.Length; i++) { total += values[i] * weights[i]; }",
        "    def forward(self, x: torch.Tensor, mask=None) -> torch.Tensor:",
        "\t\tif err := json.Unmarshal(body, &reply); err != nil { return nil, err }",
        "{\"id\": 1839, \"name\": \"sensor_07\", \"values\": [0.125, -3.5e-4, null, true], \"unit\": \"µV\"}",
        "2024-11-03T18:22:07.481Z ERROR [worker-12] request 8f3a91c0 failed after 1532 ms: connection reset by peer",
        "SELECT u.name, COUNT(*) FROM users u LEFT JOIN orders o ON o.user_id = u.id GROUP BY u.name HAVING COUNT(*) > 10;",
        "<li class=\"item\"><a href=\"/docs/api#tokens\">Tokens &amp; pieces</a></li>",
        "#define MIN(a, b) (((a) < (b)) ? (a) : (b))",
    ];

    /// <summary>Pieces of whole lines of about some bytes each, of some bytes in all.</summary>
    public static string[] Make(int bytes, int pieceBytes, int seed)
    {
        var random = new Random(seed);
        var pieces = new List<string>();
        var piece = new StringBuilder();
        for (int total = 0, length = 0; total < bytes;)
        {
            string line = Line(random);
            piece.Append(line).Append(random.Next(8) == 0 ? "\n\n" : "\n");
            int lineBytes = Encoding.UTF8.GetByteCount(line) + 1;
            total += lineBytes;
            length += lineBytes;
            if (length >= pieceBytes || total >= bytes)
            {
                pieces.Add(piece.ToString());
                piece.Clear();
                length = 0;
            }
        }
        return [.. pieces];
    }

    private static string Line(Random random)
    {
        if (random.Next(3) == 0)
        {
            return Code[random.Next(Code.Length)].Replace("1", random.Next(1000).ToString((IFormatProvider?)null), StringComparison.Ordinal);
        }
        string[] words = Prose[random.Next(Prose.Length)].Split(' ');
        random.Shuffle(words);
        return string.Join(' ', words);
    }
}
