using Engine.Generation;

namespace Engine.Tests.Generation;

public sealed class AvailableMemoryTests : IDisposable
{
    private const long MiB = 1 << 20;

    private readonly string _root = Directory.CreateTempSubdirectory("engine-tests-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void Without_groups_all_of_the_machines_memory_is_available()
    {
        Write("proc/meminfo", "MemTotal: 4096 kB\nMemAvailable:    2048 kB\n");
        Assert.Equal(2 * MiB, AvailableMemory.Bytes(_root));
    }

    [Fact]
    public void A_group_of_version_2_limits_it_and_cached_files_count_as_free()
    {
        Machine("0::/app\n");
        Write("sys/fs/cgroup/app/memory.max", $"{100 * MiB}\n");
        Write("sys/fs/cgroup/app/memory.current", $"{60 * MiB}\n");
        Write("sys/fs/cgroup/app/memory.stat", $"anon {40 * MiB}\nfile {20 * MiB}\n");
        Assert.Equal(60 * MiB, AvailableMemory.Bytes(_root));
    }

    [Fact]
    public void A_limit_of_an_outer_group_holds_inside_it()
    {
        Machine("0::/outer/inner\n");
        Write("sys/fs/cgroup/outer/memory.max", $"{10 * MiB}\n");
        Write("sys/fs/cgroup/outer/memory.current", $"{4 * MiB}\n");
        Write("sys/fs/cgroup/outer/inner/memory.max", "max\n");
        Write("sys/fs/cgroup/outer/inner/memory.current", $"{4 * MiB}\n");
        Assert.Equal(6 * MiB, AvailableMemory.Bytes(_root));
    }

    [Fact]
    public void In_a_container_whose_path_is_not_visible_the_mounted_root_counts()
    {
        Machine("0::/../elsewhere\n");
        Write("sys/fs/cgroup/memory.max", $"{8 * MiB}\n");
        Write("sys/fs/cgroup/memory.current", $"{1 * MiB}\n");
        Assert.Equal(7 * MiB, AvailableMemory.Bytes(_root));
    }

    [Fact]
    public void A_group_of_version_1_limits_it()
    {
        Machine("4:memory:/app\n3:cpuset:/\n");
        Write("sys/fs/cgroup/memory/app/memory.limit_in_bytes", $"{50 * MiB}\n");
        Write("sys/fs/cgroup/memory/app/memory.usage_in_bytes", $"{20 * MiB}\n");
        Write("sys/fs/cgroup/memory/app/memory.stat", $"total_cache {5 * MiB}\n");
        Assert.Equal(35 * MiB, AvailableMemory.Bytes(_root));
    }

    [Fact]
    public void It_is_never_negative()
    {
        Machine("0::/\n");
        Write("sys/fs/cgroup/memory.max", $"{1 * MiB}\n");
        Write("sys/fs/cgroup/memory.current", $"{9 * MiB}\n");
        Assert.Equal(0, AvailableMemory.Bytes(_root));
    }

    [Fact]
    public void This_machine_has_available_memory() => Assert.InRange(AvailableMemory.Bytes(), MiB, long.MaxValue);

    private void Machine(string groups)
    {
        Write("proc/meminfo", $"MemAvailable: {1000 * 1024} kB\n");
        Write("proc/self/cgroup", groups);
    }

    private void Write(string path, string text)
    {
        string full = Path.Combine(_root, path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        File.WriteAllText(full, text);
    }
}
