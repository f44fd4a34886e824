namespace Engine.Gguf.Preflight;

/// <summary>Checks mixtures of experts: how many there are, how many are used, and how they are grouped.</summary>
internal static class ExpertFacts
{
    private const uint MaxExperts = 1024; // LLAMA_MAX_EXPERTS

    public static void Check(Hyperparameters numbers)
    {
        uint experts = numbers.UInt32("expert_count") ?? 0;
        long used = numbers.PerLayer("expert_used_count")?.DefaultIfEmpty().Max(count => (uint)count) ?? 0;
        if (experts > MaxExperts)
        {
            throw numbers.Refuse("expert_count", $"at most {MaxExperts:N0} experts", experts);
        }
        if (used > experts)
        {
            throw numbers.Refuse("expert_used_count", $"at most the {experts} experts of expert_count", used);
        }
        if (numbers.PerLayer("expert_used_count") is { Count: > 1 } layers && layers.Contains(0) && layers.Any(count => count > 0) && numbers.IsKnown)
        {
            throw numbers.Refuse("expert_used_count", $"in every layer how many of the {experts} experts a token uses", "none in one");
        }
        if (experts > 0 && used == 0)
        {
            throw numbers.Refuse("expert_used_count", $"how many of the {experts} experts a token uses", "none");
        }
        CheckGroups(numbers, experts);
    }

    private static void CheckGroups(Hyperparameters numbers, uint experts)
    {
        uint groups = numbers.UInt32("expert_group_count") ?? 0;
        uint used = numbers.UInt32("expert_group_used_count") ?? 0;
        if (groups > 0 && groups >= experts)
        {
            throw numbers.Refuse("expert_group_count", $"fewer groups than the {experts} experts", groups);
        }
        if (groups > 1 && experts % groups != 0)
        {
            throw numbers.Refuse("expert_group_count", $"groups of equal size of the {experts} experts", groups);
        }
        if (groups > 1 && (used == 0 || used >= groups))
        {
            throw numbers.Refuse("expert_group_used_count", $"from 1 to {groups - 1}", used);
        }
    }
}
