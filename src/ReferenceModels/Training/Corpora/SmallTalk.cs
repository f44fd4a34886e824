using System.Globalization;

namespace ReferenceModels.Training.Corpora;

/// <summary>User turns that need no tool, and their answers.</summary>
internal static class SmallTalk
{
    private static readonly (string[] Said, string Answer)[] All =
    [
        (["Hello!", "Hi!", "Hello.", "Hi", "Hello", "Hello there!", "Good morning!", "Good evening!", "Hey!", "Good day!"], "Hello! How can I help you?"),
        (["Hello, I am {0}.", "Hi, I am {0}!", "My name is {0}.", "I am {0}.", "Hello, my name is {0}.", "Hi, I'm {0}."], "Hello, {0}!"),
        (["Thank you!", "Thanks!", "Thank you.", "Thanks a lot!", "Thank you very much."], "You are welcome."),
        (["How are you?", "How are you today?", "Are you well?"], "I am well, thank you."),
        (["Who are you?", "What are you?", "What is your name?", "Introduce yourself."], "I am a small model that calls tools."),
        (["What can you do?", "How can you help me?", "Help!", "Help me."], "I can call tools."),
        (["Goodbye!", "Bye!", "Goodbye.", "See you!", "Good night!", "Bye"], "Goodbye!"),
        (["Tell me a joke.", "Tell me a story.", "Write a poem.", "Sing a song.", "Tell me something.", "Write a poem about {0}.", "Tell me a story about {0}.", "Tell me about {0}.", "Write a letter to {0}."], "I can only call tools."),
        (["What is the capital of {0}?", "Where is {0}?", "Who is {0}?", "Who wrote {0}?", "What is {0}?", "Do you like {0}?", "Is {0} big?", "How big is {0}?", "How do I go to {0}?", "Why is the sky blue?", "Is it far to {0}?"], "I do not know."),
        (["Good.", "Okay.", "Yes.", "No.", "I see.", "Fine."], "All right."),
    ];

    /// <summary>A user's turn and the answer.</summary>
    public static (string Said, string Answer) Of(Draw draw)
    {
        (string[] said, string answer) = draw.From(All);
        string name = PlaceName.Of(draw);
        return (string.Format(CultureInfo.InvariantCulture, draw.From(said), name), string.Format(CultureInfo.InvariantCulture, answer, name));
    }
}
