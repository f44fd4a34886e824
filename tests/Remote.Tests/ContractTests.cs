using Tests.Contracts;

namespace Engine.Remote.Tests;

// The contract, kept through a socket and through TLS by a model that runs elsewhere. Numbers go through unchanged, so all suites hold as they stand.

[Collection(Remotely.Name)]
public sealed class SocketTrainedContractTests(RemoteFamilies server) : DecoderContract
{
    protected override ValueTask<IModel> LoadAsync(string file) => server.OverSocketAsync(RemoteFamilies.Trained);
}

[Collection(Remotely.Name)]
public sealed class SocketLlamaContractTests(RemoteFamilies server) : DecoderContract
{
    protected override ValueTask<IModel> LoadAsync(string file) => server.OverSocketAsync(RemoteFamilies.Llama);
}

[Collection(Remotely.Name)]
public sealed class SocketGpt2ContractTests(RemoteFamilies server) : DecoderContract
{
    protected override ValueTask<IModel> LoadAsync(string file) => server.OverSocketAsync(RemoteFamilies.Gpt2);
}

[Collection(Remotely.Name)]
public sealed class SocketBertContractTests(RemoteFamilies server) : EncoderContract
{
    protected override ValueTask<IModel> LoadAsync(string file) => server.OverSocketAsync(RemoteFamilies.Bert);
}

[Collection(Remotely.Name)]
public sealed class SocketT5ContractTests(RemoteFamilies server) : EncoderDecoderContract
{
    protected override ValueTask<IModel> LoadAsync(string file) => server.OverSocketAsync(RemoteFamilies.T5);
}

[Collection(Remotely.Name)]
public sealed class SocketTransformerContractTests(RemoteFamilies server) : EncoderDecoderContract
{
    protected override string EncoderRows => "l_out-1";

    protected override string LayerRows => "l_out-0";

    protected override ValueTask<IModel> LoadAsync(string file) => server.OverSocketAsync(RemoteFamilies.Transformer);
}

[Collection(Remotely.Name)]
public sealed class SocketBigramContractTests(RemoteFamilies server) : GeneratorContract
{
    protected override ModelCapabilities Capabilities => ModelCapabilities.Score | ModelCapabilities.Generate | ModelCapabilities.Embed;

    protected override ScoreRequest Score(params int[] tokens) => new() { Tokens = Prompt.FromTokens(tokens), Numerics = Numerics.Strict };

    protected override int[] Begin(GenerateRequest request) => [.. request.Prompt.Tokens!];

    protected override ValueTask<IModel> LoadAsync(string file) => server.OverSocketAsync(RemoteFamilies.Bigram);
}

[Collection(Remotely.Name)]
public sealed class TlsTrainedContractTests(RemoteFamilies server) : DecoderContract
{
    protected override ValueTask<IModel> LoadAsync(string file) => server.OverTlsAsync(RemoteFamilies.Trained);
}

[Collection(Remotely.Name)]
public sealed class TlsLlamaContractTests(RemoteFamilies server) : DecoderContract
{
    protected override ValueTask<IModel> LoadAsync(string file) => server.OverTlsAsync(RemoteFamilies.Llama);
}

[Collection(Remotely.Name)]
public sealed class TlsGpt2ContractTests(RemoteFamilies server) : DecoderContract
{
    protected override ValueTask<IModel> LoadAsync(string file) => server.OverTlsAsync(RemoteFamilies.Gpt2);
}

[Collection(Remotely.Name)]
public sealed class TlsBertContractTests(RemoteFamilies server) : EncoderContract
{
    protected override ValueTask<IModel> LoadAsync(string file) => server.OverTlsAsync(RemoteFamilies.Bert);
}

[Collection(Remotely.Name)]
public sealed class TlsT5ContractTests(RemoteFamilies server) : EncoderDecoderContract
{
    protected override ValueTask<IModel> LoadAsync(string file) => server.OverTlsAsync(RemoteFamilies.T5);
}

[Collection(Remotely.Name)]
public sealed class TlsTransformerContractTests(RemoteFamilies server) : EncoderDecoderContract
{
    protected override string EncoderRows => "l_out-1";

    protected override string LayerRows => "l_out-0";

    protected override ValueTask<IModel> LoadAsync(string file) => server.OverTlsAsync(RemoteFamilies.Transformer);
}

[Collection(Remotely.Name)]
public sealed class TlsBigramContractTests(RemoteFamilies server) : GeneratorContract
{
    protected override ModelCapabilities Capabilities => ModelCapabilities.Score | ModelCapabilities.Generate | ModelCapabilities.Embed;

    protected override ScoreRequest Score(params int[] tokens) => new() { Tokens = Prompt.FromTokens(tokens), Numerics = Numerics.Strict };

    protected override int[] Begin(GenerateRequest request) => [.. request.Prompt.Tokens!];

    protected override ValueTask<IModel> LoadAsync(string file) => server.OverTlsAsync(RemoteFamilies.Bigram);
}
