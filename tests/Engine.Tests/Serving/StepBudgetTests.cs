using Engine.Serving;

namespace Engine.Tests.Serving;

public sealed class StepBudgetTests
{
    [Fact]
    public void A_step_holds_what_a_quarter_of_a_second_evaluates_as_measured()
    {
        var budget = new StepBudget(512);
        Assert.Equal(64, budget.ForPrompts(planned: 0, decoding: 0, reading: 1)); // nothing is known yet
        budget.Record(100, TimeSpan.FromSeconds(0.2), readsOnly: false);
        Assert.Equal(125 - 4, budget.ForPrompts(planned: 4, decoding: 4, reading: 1));
    }

    [Fact]
    public void A_step_is_longer_if_more_wait_for_their_first_token_than_for_their_next()
    {
        var budget = new StepBudget(512);
        budget.Record(100, TimeSpan.FromSeconds(1), readsOnly: false);
        Assert.Equal(32, budget.ForPrompts(planned: 3, decoding: 3, reading: 1)); // and never so short that a prompt waits for many steps of its neighbours
        Assert.Equal(100 - 3, budget.ForPrompts(planned: 3, decoding: 3, reading: 4));
        Assert.Equal(100, budget.ForPrompts(planned: 0, decoding: 0, reading: 1)); // nor where it holds prompts alone: each step reads all weights once more
    }

    [Fact]
    public void A_step_holds_no_more_than_the_batch_takes()
    {
        var budget = new StepBudget(64);
        budget.Record(64, TimeSpan.FromMilliseconds(1), readsOnly: false);
        Assert.Equal(54, budget.ForPrompts(planned: 10, decoding: 10, reading: 20));
        budget.Record(1, TimeSpan.FromSeconds(9), readsOnly: false); // a step of one token says little of what one more costs
        Assert.Equal(54, budget.ForPrompts(planned: 10, decoding: 10, reading: 20));
    }

    [Fact]
    public void Prompts_are_read_before_tokens_are_made_but_no_next_token_waits_longer_than_two_seconds()
    {
        var budget = new StepBudget(512);
        Assert.True(budget.ReadsNext(decoding: 3, reading: 1));
        Assert.False(budget.ReadsNext(decoding: 3, reading: 0));
        budget.Record(64, TimeSpan.FromSeconds(1), readsOnly: true);
        Assert.False(budget.ReadsNext(decoding: 3, reading: 1)); // few wait for their first token: one second
        Assert.True(budget.ReadsNext(decoding: 3, reading: 3));
        budget.Record(64, TimeSpan.FromSeconds(1), readsOnly: true);
        Assert.False(budget.ReadsNext(decoding: 3, reading: 3));
        Assert.True(budget.ReadsNext(decoding: 0, reading: 3)); // nobody waits
        budget.Record(3, TimeSpan.FromSeconds(0.1), readsOnly: false);
        Assert.True(budget.ReadsNext(decoding: 3, reading: 1));
    }
}
