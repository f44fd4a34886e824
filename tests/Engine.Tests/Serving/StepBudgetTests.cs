using Engine.Serving;

namespace Engine.Tests.Serving;

public sealed class StepBudgetTests
{
    [Fact]
    public void A_step_holds_what_a_quarter_of_a_second_evaluates_as_measured()
    {
        var budget = new StepBudget(512);
        Assert.Equal(64, budget.ForPrompts(decoding: 0, reading: 1)); // nothing is known yet
        budget.Record(100, TimeSpan.FromSeconds(0.2));
        Assert.Equal(125 - 4, budget.ForPrompts(decoding: 4, reading: 1));
    }

    [Fact]
    public void Where_more_wait_for_their_first_token_than_for_their_next_a_step_is_longer()
    {
        var budget = new StepBudget(512);
        budget.Record(100, TimeSpan.FromSeconds(1));
        Assert.Equal(32, budget.ForPrompts(decoding: 3, reading: 1)); // and never so short that a prompt waits for many steps of its neighbours
        Assert.Equal(100 - 3, budget.ForPrompts(decoding: 3, reading: 4));
    }

    [Fact]
    public void A_step_holds_no_more_than_the_batch_takes()
    {
        var budget = new StepBudget(64);
        budget.Record(64, TimeSpan.FromMilliseconds(1));
        Assert.Equal(54, budget.ForPrompts(decoding: 10, reading: 20));
        budget.Record(1, TimeSpan.FromSeconds(9)); // a step of one token says little of what one more costs
        Assert.Equal(54, budget.ForPrompts(decoding: 10, reading: 20));
    }
}
