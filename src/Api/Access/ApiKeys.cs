using System.Security.Cryptography;
using System.Text;
using Engine.Api.Service;
using Engine.Registry;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace Engine.Api.Access;

/// <summary>The API keys, one of which each request must carry, as <c>Authorization: Bearer KEY</c> or <c>x-api-key: KEY</c>.</summary>
internal sealed class ApiKeys
{
    private const string Bearer = "Bearer ";

    private readonly byte[][] _hashes;

    public ApiKeys(IOptions<ServeOptions> serve)
    {
        ServeOptions options = serve.Value;
        IEnumerable<string> file = options.ApiKeyFile.Length == 0 ? [] : KeyFile.Read(options.ApiKeyFile);
        _hashes = [.. options.ApiKeys.Concat(file).Distinct().Select(Hash)];
    }

    /// <summary>Whether there are keys.</summary>
    public bool Any => _hashes.Length > 0;

    /// <summary>The index of the key that a request carries; null if it carries none of them.</summary>
    /// <remarks>All keys are compared in constant time, so that timing reveals nothing about them.</remarks>
    public int? Find(HttpRequest request)
    {
        string authorization = request.Headers.Authorization.ToString();
        // A client may send a placeholder in one header and its key in the other.
        int? bearer = authorization.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase) ? Find(authorization[Bearer.Length..].Trim()) : null;
        return bearer ?? Find(request.Headers["x-api-key"].ToString());
    }

    private int? Find(string given)
    {
        byte[] hash = Hash(given);
        int? found = null;
        for (int i = 0; i < _hashes.Length; i++)
        {
            found = CryptographicOperations.FixedTimeEquals(hash, _hashes[i]) ? i : found;
        }
        return found;
    }

    private static byte[] Hash(string key) => SHA256.HashData(Encoding.UTF8.GetBytes(key));
}
