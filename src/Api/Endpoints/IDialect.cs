using Engine.Api.Answers;

namespace Engine.Api.Endpoints;

/// <summary>How one family of clients wants to be answered.</summary>
internal interface IDialect
{
    /// <summary>The JSON body of a refusal.</summary>
    byte[] Body(Failure failure);

    /// <summary>The HTTP status of a refusal, where the clients of this dialect want another.</summary>
    int Status(Failure failure) => failure.Status;
}
