using Engine.Api.Answers;

namespace Engine.Api.Endpoints;

/// <summary>The error format of one family of clients.</summary>
internal interface IDialect
{
    /// <summary>The JSON body of a refusal.</summary>
    byte[] Body(Failure failure);

    /// <summary>The HTTP status of a refusal, in case this dialect's clients expect a different one.</summary>
    int Status(Failure failure) => failure.Status;
}
