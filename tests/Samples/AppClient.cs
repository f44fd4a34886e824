using System.ClientModel;
using System.Data.Common;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Configuration;
using OpenAI;

namespace Samples;

/// <summary>docs/aspire.md, a project that refers to the engine: compiled in tests/Aspire.Tests.</summary>
internal static class AppClient
{
    public static IChatClient Create(IConfiguration configuration)
    {
        var engine = new DbConnectionStringBuilder { ConnectionString = configuration.GetConnectionString("engine") };
        IChatClient client = new OpenAIClient(new ApiKeyCredential((string)engine["Key"]), new() { Endpoint = new Uri((string)engine["Endpoint"]) })
            .GetChatClient((string)engine["Model"]).AsIChatClient();
        return client;
    }
}
