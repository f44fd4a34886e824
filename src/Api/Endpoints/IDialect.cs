using Engine.Api.Answers;

namespace Engine.Api.Endpoints;

/// <summary>How one family of clients wants to be answered.</summary>
internal interface IDialect
{
    /// <summary>The JSON body of a refusal.</summary>
    byte[] Body(Failure failure);
}
