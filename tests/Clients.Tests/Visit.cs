using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;

namespace Clients.Tests;

/// <summary>What a program may want to know: dates, ids, words of a list, numbers in a range, records in lists, one of several types.</summary>
[Description("A visit to an animal.")]
public sealed record Visit
{
    [StringLength(12, MinimumLength = 2)]
    public required string Title { get; init; }

    public required DateTime At { get; init; }

    public required DateOnly Booked { get; init; }

    public required Guid Id { get; init; }

    public required Mood Mood { get; init; }

    public Mood? Later { get; init; }

    [Range(1, 9)]
    public int? Age { get; init; }

    [Range(0, 100)]
    public required int Steps { get; init; }

    public required bool IsOver { get; init; }

    [MaxLength(3)]
    public required IReadOnlyList<Room> Rooms { get; init; }

    public required Animal Animal { get; init; }

    /// <summary>Fails where a value is not one that its type allows.</summary>
    public void Check()
    {
        Assert.InRange(Title.Length, 2, 12);
        Assert.True(Enum.IsDefined(Mood), $"{Mood}");
        Assert.True(Later is null || Enum.IsDefined(Later.Value), $"{Later}");
        Assert.True(Age is null or (>= 1 and <= 9), $"{Age}");
        Assert.InRange(Steps, 0, 100);
        Assert.InRange(Rooms.Count, 0, 3);
        Assert.All(Rooms, room => Assert.NotNull(room.Name));
        Assert.True(Animal is Cat or Dog, $"{Animal}");
    }
}

public enum Mood
{
    Calm,
    Curious,
    Cross,
}

public sealed record Room
{
    public required string Name { get; init; }

    [MaxLength(2)]
    public required IReadOnlyList<string> Things { get; init; }
}

/// <summary>.NET reads what type it is only where that stands first.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(Cat), "cat")]
[JsonDerivedType(typeof(Dog), "dog")]
public abstract record Animal
{
    public required string Name { get; init; }
}

public sealed record Cat : Animal
{
    [Range(0, 9)]
    public required int Lives { get; init; }
}

public sealed record Dog : Animal
{
    public required bool Barks { get; init; }
}
