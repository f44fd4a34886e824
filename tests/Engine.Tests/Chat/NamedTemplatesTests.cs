using Engine.Chat;
using Engine.Chat.Jinja;

namespace Engine.Tests.Chat;

public sealed class NamedTemplatesTests : IDisposable
{
    private static readonly (string Role, string Content)[] Conversation =
        [("system", "Be brief."), ("user", "How far is the Moon?"), ("assistant", "Far."), ("user", "And the Sun?\nIn miles.")];

    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string> Families => [.. NamedTemplates.Families];

    public void Dispose() => _folder.Dispose();

    /// <summary>llama.cpp leaves out the first beginning-of-sequence token, which its tokenizers add, and takes the end of Zephyr's messages from StableLM.</summary>
    [Theory]
    [InlineData("chatml", "chatml")]
    [InlineData("llama3", "llama3")]
    [InlineData("phi3", "phi3")]
    [InlineData("gemma", "gemma")]
    [InlineData("vicuna", "vicuna")]
    [InlineData("zephyr", "zephyr", "<|endoftext|>")]
    public void A_family_renders_as_in_llama_cpp(string family, string theirs, string end = "</s>")
    {
        foreach ((string Role, string Content)[] conversation in new[] { Conversation, Conversation[1..], Conversation[..2], Conversation[1..2] })
        {
            Assert.Equal(LlamaChatTemplates.Render(theirs, true, conversation), Render(family, conversation, "", end));
            Assert.Equal(LlamaChatTemplates.Render(theirs, false, conversation), Render(family, conversation, "", end, answers: false));
        }
    }

    /// <summary>Meta writes a blank on both sides of an answer, which llama.cpp leaves to the caller.</summary>
    [Fact]
    public void Llama_2_is_written_as_llama_cpp_writes_it()
    {
        (string, string)[] spaced = [.. Conversation.Select(message => message.Role == "assistant" ? (message.Role, $" {message.Content} ") : message)];
        Assert.Equal("<s>" + LlamaChatTemplates.Render("llama2-sys-bos", true, spaced), Render("llama2", Conversation));
    }

    /// <summary>llama.cpp writes the blank before [INST] that SentencePiece puts before every text.</summary>
    [Fact]
    public void Mistral_is_written_as_llama_cpp_writes_it() => Assert.Equal(
        "<s>" + LlamaChatTemplates.Render("mistral-v1", true, Conversation).Replace(" [INST]", "[INST]", StringComparison.Ordinal), Render("mistral", Conversation));

    /// <summary>Stanford's format: the preface that it was trained with, the instruction, and the answer right after its heading.</summary>
    [Fact]
    public void Alpaca_has_its_preface_unless_the_conversation_has_one()
    {
        const string Preface = "Below is an instruction that describes a task. Write a response that appropriately completes the request.";
        Assert.Equal($"{Preface}\n\n### Instruction:\nHi\n\n### Response:", Render("alpaca", [("user", "Hi")]));
        Assert.Equal("Be brief.\n\n### Instruction:\nHi\n\n### Response:Yes</s>\n\n### Instruction:\nSo?\n\n### Response:",
            Render("alpaca", [("system", "Be brief."), ("user", "Hi"), ("assistant", "Yes"), ("user", "So?")]));
    }

    [Fact]
    public void Plain_is_the_texts_and_nothing_else() =>
        Assert.Equal("Be brief.How far is the Moon?Far.And the Sun?\nIn miles.", Render("plain", Conversation));

    [Theory]
    [MemberData(nameof(Families))]
    public void A_family_takes_several_system_messages_and_one_in_the_middle(string family)
    {
        string text = Render(family, [("system", "One."), ("system", "Two."), ("user", "Hi"), ("assistant", "Yes"), ("system", "Three."), ("user", "So?")]);
        int[] places = [.. new[] { "One.", "Two.", "Hi", "Yes", "Three.", "So?" }.Select(word => text.IndexOf(word, StringComparison.Ordinal))];
        Assert.All(places, place => Assert.True(place >= 0));
        Assert.Equal(places.Order(), places);
        Assert.Contains("Alone.", Render(family, [("system", "Alone.")]), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void Users_text_is_not_a_familys_markup(string family)
    {
        RenderedChat chat = Chat(family, "<s>", "</s>").Render(new ChatTemplateInput { Messages = [new("user", "</s><|im_end|>")] });
        Assert.DoesNotContain(chat.Parts, part => part.IsMarkup && part.Text.Contains("</s><|im_end|>", StringComparison.Ordinal));
        Assert.Contains(chat.Parts, part => !part.IsMarkup && part.Text.Contains("</s><|im_end|>", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("llama2")]
    [InlineData("mistral")]
    [InlineData("gemma")]
    [InlineData("vicuna")]
    [InlineData("alpaca")]
    public void A_family_without_tools_refuses_their_results(string family)
    {
        var refusal = Assert.Throws<ChatTemplateException>(() => Render(family, [("user", "Hi"), ("tool", "3")]));
        Assert.True(refusal.IsRefusal);
        Assert.Contains($"the family {family} has no messages of the role tool", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_is_read_as_it_is()
    {
        string path = _folder.File("own.jinja");
        File.WriteAllText(path, "\uFEFF{{ messages[0].content }}!\n");
        Assert.Equal("{{ messages[0].content }}!\n", NamedTemplates.Read(path));
        Assert.Equal("{{ messages[0].content }}!\n", NamedTemplates.Read(Path.GetRelativePath(Directory.GetCurrentDirectory(), path)));
        Assert.Equal(NamedTemplates.Read("chatml"), NamedTemplates.Read("ChatML"));
    }

    [Fact]
    public void A_setting_that_names_no_template_is_refused_with_a_message()
    {
        string broken = _folder.File("broken.jinja"), bytes = _folder.File("bytes.jinja"), large = _folder.File("large.jinja");
        File.WriteAllText(broken, "a\n{% if x %}{{ y z }}{% endif %}");
        File.WriteAllBytes(bytes, [(byte)'a', 0xFF]);
        File.WriteAllText(large, new string('a', (1 << 20) + 1));

        Assert.Null(NamedTemplates.Mistake("chatml"));
        Assert.Equal("is 'chatlm', which is neither a family nor a file. Did you mean 'chatml'?", NamedTemplates.Mistake("chatlm"));
        Assert.Equal($"is 'unheard', which is neither a family nor a file. Set it to the path of a Jinja file, or to the family that the model was trained as ({string.Join(", ", NamedTemplates.Families)}).", NamedTemplates.Mistake("unheard"));
        Assert.Equal("is 'no/such.jinja', and there is no such file.", NamedTemplates.Mistake("no/such.jinja"));
        Assert.Equal("is 'no/such.jinja', and it is nowhere.", NamedTemplates.Mistake("no/such.jinja", _ => "it is nowhere."));
        string folder = Path.GetDirectoryName(broken)!;
        Assert.Equal($"is '{folder}', which is a folder. Set it to a Jinja file in it.", NamedTemplates.Mistake(folder));
        Assert.Equal($"is '{broken}', and its line 2 is not well-formed Jinja: expected '}}}}', found 'z'. Correct the file.", NamedTemplates.Mistake(broken));
        Assert.Equal($"is '{bytes}', which is not UTF-8: it has the byte 0xFF at offset 1. Save it as UTF-8.", NamedTemplates.Mistake(bytes));
        Assert.Equal($"is '{large}', which cannot be read: it has more than the 1 MiB of the longest template. Check the file.", NamedTemplates.Mistake(large));
        Assert.Equal("Reading a chat template: ChatTemplate is 'chatlm', which is neither a family nor a file. Did you mean 'chatml'?",
            Assert.Throws<ConfigurationException>(() => NamedTemplates.Read("chatlm")).Message);
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void A_family_is_well_formed_and_takes_a_message_without_content(string family)
    {
        Template.Parse(NamedTemplates.Read(family));
        var input = new ChatTemplateInput { Messages = [new("user", "Hi"), new("assistant", null)] };
        Assert.Contains("Hi", new ChatTemplate(NamedTemplates.Read(family)).Render(input).Text, StringComparison.Ordinal); // and no special tokens
    }

    private static ChatTemplate Chat(string family, string begin, string end) =>
        new(NamedTemplates.Read(family), new Dictionary<string, string> { ["bos_token"] = begin, ["eos_token"] = end });

    private static string Render(string family, IEnumerable<(string Role, string Content)> conversation, string begin = "<s>", string end = "</s>", bool answers = true) =>
        Chat(family, begin, end).Render(new ChatTemplateInput
        {
            Messages = [.. conversation.Select(message => new TemplateMessage(message.Role, message.Content))],
            AddGenerationPrompt = answers,
        }).Text;
}
