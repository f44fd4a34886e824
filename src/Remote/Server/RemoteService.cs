using Engine.Registry;
using Engine.Remote.Protocol;
using Grpc.Core;

namespace Engine.Remote.Server;

/// <summary>The configured models as a gRPC service.</summary>
internal sealed class RemoteService(IModelRegistry models) : Models.ModelsBase
{
    public override async Task<Description> Describe(DescribeCall request, ServerCallContext context)
    {
        IModel model = await FindAsync(request.Model, context).ConfigureAwait(false);
        return Describing.Of(model);
    }

    public override async Task ReadVocabulary(VocabularyCall request, IServerStreamWriter<VocabularyPart> responseStream, ServerCallContext context)
    {
        IModel model = await FindAsync(request.Model, context).ConfigureAwait(false);
        foreach (VocabularyPart part in LoadedVocabulary.Of(model.Tokenizer).Parts())
        {
            await responseStream.WriteAsync(part).ConfigureAwait(false);
        }
    }

    public override async Task<IdList> Encode(EncodeCall request, ServerCallContext context)
    {
        IModel model = await FindAsync(request.Model, context).ConfigureAwait(false);
        return new IdList { Ids = { model.Tokenizer.Encode(request.Text, request.AddSpecial, request.ParseSpecial) } };
    }

    public override async Task Score(ScoreCall request, IServerStreamWriter<AnswerPart> responseStream, ServerCallContext context)
    {
        IModel model = await FindAsync(request.Model, context).ConfigureAwait(false);
        var writer = new AnswerWriter(responseStream);
        try
        {
            await foreach (ScoreBlock block in model.ScoreAsync(Requests.Of(request), context.CancellationToken).ConfigureAwait(false))
            {
                await writer.WriteAsync(block).ConfigureAwait(false);
            }
        }
        catch (NonFiniteLogitsException e)
        {
            await writer.WriteAsync(e.Activations).ConfigureAwait(false); // these do not fit into a trailer
            throw;
        }
    }

    public override async Task Generate(GenerateCall request, IServerStreamWriter<TokenPart> responseStream, ServerCallContext context)
    {
        IModel model = await FindAsync(request.Model, context).ConfigureAwait(false);
        await foreach (GeneratedToken token in model.GenerateAsync(Requests.Of(request), context.CancellationToken).ConfigureAwait(false))
        {
            await responseStream.WriteAsync(Answers.Of(token)).ConfigureAwait(false);
        }
    }

    public override async Task Embed(EmbedCall request, IServerStreamWriter<AnswerPart> responseStream, ServerCallContext context)
    {
        IModel model = await FindAsync(request.Model, context).ConfigureAwait(false);
        var writer = new AnswerWriter(responseStream);
        try
        {
            await writer.WriteAsync(await model.EmbedAsync(Requests.Of(request), context.CancellationToken).ConfigureAwait(false)).ConfigureAwait(false);
        }
        catch (NonFiniteLogitsException e)
        {
            await writer.WriteAsync(e.Activations).ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>The model, leased until the call has been answered.</summary>
    private async ValueTask<IModel> FindAsync(string name, ServerCallContext context)
    {
        IModel model = await models.LeaseAsync(name.Length == 0 ? null : name, context.CancellationToken).ConfigureAwait(false);
        context.GetHttpContext().Response.RegisterForDisposeAsync(model);
        return model;
    }

    /// <exception cref="RpcException">The client knows an earlier version of the model.</exception>
    private async ValueTask<IModel> FindAsync(ModelReference? reference, ServerCallContext context)
    {
        IModel model = await FindAsync(reference?.Name ?? "", context).ConfigureAwait(false);
        return reference?.Instance == Describing.InstanceOf(model) ? model : throw Failures.OfChange();
    }
}
