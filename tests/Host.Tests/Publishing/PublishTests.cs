using System.Buffers.Binary;
using Xunit.Abstractions;

namespace Engine.Host.Tests.Publishing;

/// <summary>Publishes the program for other platforms, none of which these tests can run, and looks into the folders: each must hold the
/// native libraries of its own platform, with llama.cpp's notices, and no others.</summary>
/// <remarks>Published without compiling again, and without launcher and runtime, so that no package is needed that the build did not restore.</remarks>
public sealed class PublishTests(PublishTests.Artifacts artifacts, ITestOutputHelper output) : IClassFixture<PublishTests.Artifacts>
{
    [Theory]
    [InlineData("linux-x64", "x86-64", "libllama.v0.5.0.so", "libggml-cpu-haswell.so", "avx2/libllama.so", "noavx/libggml-base.so")]
    [InlineData("linux-arm64", "arm64", "libllama.v0.5.0.so", "libggml-base.so")]
    [InlineData("win-x64", "x86-64", "avx2/llama.dll", "noavx/ggml-base.dll")]
    [InlineData("osx-arm64", "arm64", "libllama.dylib", "libggml-metal.dylib")]
    public async Task A_program_for_another_platform_has_only_the_libraries_of_that_platform(string platform, string processor, params string[] expected)
    {
        string folder = await artifacts.PublishAsync(platform, output);
        Assert.True(File.Exists(Path.Combine(folder, "Engine.Host.dll")));
        Assert.True(File.Exists(Path.Combine(folder, "models", "llama-stories-q8_0.gguf")));
        string runtimes = Path.Combine(folder, "runtimes"), native = Path.Combine(runtimes, platform, "native");
        if (!BuiltArtifacts.HasLLamaSharp)
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

    /// <summary>Publishes what is built already.</summary>
    public sealed class Artifacts : IDisposable
    {
        private readonly TemporaryFolder _folder = new();
        private readonly BuiltArtifacts _built;

        public Artifacts() => _built = new(_folder.File("artifacts"));

        public void Dispose() => _folder.Dispose();

        public async Task<string> PublishAsync(string platform, ITestOutputHelper output)
        {
            _built.CopyProgram("_" + platform);
            string folder = _folder.File("publish-" + platform);
            await _built.BuildAsync(output, Path.Combine(SharedFolder.Checkout, "src", "Host", "Host.csproj"), "-restore", "-t:Publish",
                $"-p:RuntimeIdentifier={platform}", "-p:SelfContained=false", "-p:UseAppHost=false", $"-p:PublishDir={folder}/");
            return folder;
        }
    }
}
