using Engine.Shadow;

namespace Engine.Tests.Shadow;

public sealed class StepRecorderTests
{
    private const int Steps = 40;

    [Fact]
    public void It_keeps_the_largest_logits_of_every_step_and_copies_a_few_rows()
    {
        StepRecord record = Record(seed: 1, rows: 3);
        Assert.Equal(Enumerable.Range(0, Steps), record.Tokens);
        Assert.Equal([(2, 9f), (1, 5f)], record.Largest[0]);
        Assert.Equal(3, record.Rows.Count);
        Assert.All(record.Rows, row => Assert.Equal([row.Key, 5, 9, -1], row.Value));
    }

    [Fact]
    public void The_rows_are_a_choice_of_the_seed_that_favours_no_step()
    {
        Assert.Equal(Record(7, 2).Rows.Keys.Order(), Record(7, 2).Rows.Keys.Order());
        int[] chosen = [.. Enumerable.Range(0, 2000).SelectMany(seed => Record((ulong)seed, 2).Rows.Keys)];
        // 2 of 40 steps in each of 2,000: 100 times each, with a standard deviation of 9.7.
        Assert.All(Enumerable.Range(0, Steps), step => Assert.InRange(chosen.Count(one => one == step), 50, 150));
    }

    [Fact]
    public void Nothing_is_taken_after_the_end()
    {
        var recorder = new StepRecorder(1, 1, 0);
        recorder.Take(4, [1f, 2f]);
        StepRecord record = recorder.Close();
        recorder.Take(5, [1f, 2f]);
        Assert.Equal([4], record.Tokens);
    }

    private static StepRecord Record(ulong seed, int rows)
    {
        var recorder = new StepRecorder(rows, topK: 2, seed);
        float[] row = [0, 5, 9, -1];
        for (int step = 0; step < Steps; step++)
        {
            row[0] = step; // the model's own memory, changed with each step
            recorder.Take(step, row);
        }
        return recorder.Close();
    }
}
