using System.Buffers.Binary;
using System.Diagnostics;
using Xunit.Abstractions;

namespace Engine.Host.Tests.Publishing;

/// <summary>Publishes the program for other platforms, none of which these tests can run, and looks into the folders: each must hold the
/// native libraries of its own platform, with llama.cpp's notices, and no others.</summary>
/// <remarks>Published without compiling again, and without launcher and runtime, so that no package is needed that the build did not restore.</remarks>
public sealed class PublishTests(PublishTests.Artifacts artifacts, ITestOutputHelper output) : IClassFixture<PublishTests.Artifacts>
{
    private static readonly bool HasLLamaSharp = HostBackends.Names.Contains("llamasharp", StringComparison.Ordinal);

    [Theory]
    [InlineData("linux-x64", "x86-64", "libllama.v0.5.0.so", "libggml-cpu-haswell.so", "avx2/libllama.so", "noavx/libggml-base.so")]
    [InlineData("linux-arm64", "arm64", "libllama.v0.5.0.so", "libggml-base.so")]
    [InlineData("win-x64", "x86-64", "avx2/llama.dll", "noavx/ggml-base.dll")]
    [InlineData("osx-arm64", "arm64", "libllama.dylib", "libggml-metal.dylib")]
    public async Task A_program_for_another_platform_carries_the_libraries_of_that_platform_alone(string platform, string processor, params string[] expected)
    {
        string folder = await artifacts.PublishAsync(platform, output);
        Assert.True(File.Exists(Path.Combine(folder, "Engine.Host.dll")));
        Assert.True(File.Exists(Path.Combine(folder, "models", "llama-stories-q8_0.gguf")));
        string runtimes = Path.Combine(folder, "runtimes"), native = Path.Combine(runtimes, platform, "native");
        if (!HasLLamaSharp)
        {
            expected = [.. expected.Where(file => platform.StartsWith("linux", StringComparison.Ordinal) && !file.Contains('/', StringComparison.Ordinal))];
        }
        Assert.Equal(expected.Length > 0 ? [platform] : [], Directory.Exists(runtimes) ? Directory.GetDirectories(runtimes).Select(path => Path.GetFileName(path)) : []);
        Assert.All(expected, file => Assert.True(File.Exists(Path.Combine(native, file)), $"{file} is missing in {native}"));
        string[] notices = expected.Length == 0 ? [] : ["LICENSE.llama.cpp.txt", "NOTICE.llama.cpp.txt"];
        Assert.All(notices, file => Assert.True(File.Exists(Path.Combine(native, file)), $"{file} is missing in {native}"));
        string[] libraries = expected.Length == 0 ? [] : [.. Directory.GetFiles(native, "*", SearchOption.AllDirectories).Where(file => !file.EndsWith(".txt", StringComparison.Ordinal))];
        Assert.All(libraries, file => Assert.Equal((Path.GetFileName(file), processor), (Path.GetFileName(file), Processor(file))));
        output.WriteLine($"{libraries.Length} libraries, {libraries.Sum(file => new FileInfo(file).Length) / 1e6:N1} MB");
        if (platform == "linux-arm64")
        {
            // LLamaSharp's file of this name would lie in the same folder.
            Assert.Empty(Directory.GetFiles(native, "libllama.so", SearchOption.AllDirectories));
            Assert.Equal(
                File.ReadAllBytes(Directory.GetFiles(Path.Combine(SharedFolder.Checkout, "artifacts", "native", platform, "cpu"), "libggml-base.so", SearchOption.AllDirectories).Single()),
                File.ReadAllBytes(Path.Combine(native, "libggml-base.so")));
        }
    }

    /// <summary>What a library's header says it is built for: ELF, PE and Mach-O.</summary>
    private static string Processor(string path)
    {
        byte[] head = new byte[4096];
        using (FileStream file = File.OpenRead(path))
        {
            file.ReadAtLeast(head, head.Length);
        }
        uint magic = BinaryPrimitives.ReadUInt32LittleEndian(head);
        uint code = magic == 0x464C457F ? BinaryPrimitives.ReadUInt16LittleEndian(head.AsSpan(18))
            : (ushort)magic == 0x5A4D ? BinaryPrimitives.ReadUInt16LittleEndian(head.AsSpan(BinaryPrimitives.ReadInt32LittleEndian(head.AsSpan(0x3C)) + 4))
            : magic == 0xFEEDFACF ? BinaryPrimitives.ReadUInt32LittleEndian(head.AsSpan(4))
            : throw new InvalidDataException($"{path} is no library: it begins with {magic:X8}.");
        return code switch
        {
            62 or 0x8664 or 0x01000007 => "x86-64",
            183 or 0xAA64 or 0x0100000C => "arm64",
            _ => $"processor {code:X}",
        };
    }

    /// <summary>Publishes what is built already, from copies in a folder of its own: the checkout's outputs stay as they are.</summary>
    public sealed class Artifacts : IDisposable
    {
        private readonly TemporaryFolder _folder = new();
        private readonly string _built;
        private readonly string _configuration;

        public Artifacts()
        {
            var tests = new DirectoryInfo(AppContext.BaseDirectory); // artifacts/bin/Host.Tests/release
            (_configuration, _built) = (tests.Name, tests.Parent!.Parent!.Parent!.FullName);
            foreach (string project in Directory.GetDirectories(Path.Combine(SharedFolder.Checkout, "src")).Select(folder => Path.GetFileName(folder)).Where(name => name != "Host"))
            {
                Copy(Path.Combine("bin", project, _configuration), "*");
                Copy(Path.Combine("obj", project, _configuration), "*");
            }
        }

        public void Dispose() => _folder.Dispose();

        public async Task<string> PublishAsync(string platform, ITestOutputHelper output)
        {
            Copy(Path.Combine("bin", "Host", _configuration), "Engine.Host.*", "_" + platform);
            Copy(Path.Combine("obj", "Host", _configuration), "*", "_" + platform);
            string folder = _folder.File("publish-" + platform);
            var start = new ProcessStartInfo("dotnet",
            [
                "msbuild", Path.Combine(SharedFolder.Checkout, "src", "Host", "Host.csproj"), "-restore", "-t:Publish", "-v:quiet", "-nologo", "-nodeReuse:false", $"-p:RuntimeIdentifier={platform}",
                "-p:NoBuild=true", "-p:BuildProjectReferences=false", "-p:SelfContained=false", "-p:UseAppHost=false", $"-p:Configuration={_configuration}",
                $"-p:LLamaSharp={(HasLLamaSharp ? "true" : "false")}", $"-p:ArtifactsPath={_folder.File("artifacts")}", $"-p:PublishDir={folder}/",
            ])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            };
            // The test runner's own, which would lead this build to another SDK.
            foreach (string name in start.Environment.Keys.Where(name => name.StartsWith("MSBUILD", StringComparison.OrdinalIgnoreCase)).ToList())
            {
                start.Environment.Remove(name);
            }
            var clock = Stopwatch.StartNew();
            using Process process = Process.Start(start)!;
            Task<string> said = process.StandardOutput.ReadToEndAsync(), errors = process.StandardError.ReadToEndAsync();
            await process.WaitForExitAsync();
            Assert.True(process.ExitCode == 0, await said + await errors);
            output.WriteLine($"{platform}: {clock.Elapsed.TotalSeconds:N1} s");
            return folder;
        }

        private void Copy(string folder, string pattern, string suffix = "")
        {
            string from = Path.Combine(_built, folder), to = Path.Combine(_folder.File("artifacts"), folder + suffix);
            if (!Directory.Exists(from))
            {
                return; // LLamaSharp's, where it was left out
            }
            foreach (string file in Directory.GetFiles(from, pattern, SearchOption.AllDirectories))
            {
                string copy = Path.Combine(to, Path.GetRelativePath(from, file));
                Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
                File.Copy(file, copy);
            }
        }
    }
}
