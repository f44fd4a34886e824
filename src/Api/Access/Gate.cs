using System.Globalization;
using System.Net;
using System.Threading.RateLimiting;
using Engine.Api.Requests;
using Engine.Api.Service;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Options;

namespace Engine.Api.Access;

/// <summary>Decides who may send requests, and how many and how large.</summary>
internal sealed class Gate : IDisposable
{
    private readonly ServeOptions _options;
    private readonly ApiKeys _keys;
    private readonly PartitionedRateLimiter<string>? _rate;

    public Gate(IOptions<ServeOptions> serve, ApiKeys keys)
    {
        (_options, _keys) = (serve.Value, keys);
        if (_options.RequestsPerMinute > 0)
        {
            int atOnce = Math.Max(1, _options.RequestsPerMinute / 60);
            _rate = PartitionedRateLimiter.Create<string, string>(asker => RateLimitPartition.GetTokenBucketLimiter(asker, _ => new TokenBucketRateLimiterOptions
            {
                TokenLimit = _options.RequestsPerMinute,
                TokensPerPeriod = atOnce,
                ReplenishmentPeriod = TimeSpan.FromMinutes((double)atOnce / _options.RequestsPerMinute),
                QueueLimit = 0,
            }));
        }
    }

    /// <summary>Whether requests from other machines are answered at all.</summary>
    public bool AnswersOthers => _keys.Any || _options.NoKey;

    /// <summary>Admits a request or refuses it.</summary>
    /// <param name="context">The request, its body not read yet.</param>
    /// <param name="works">Whether it makes a model compute: only those requests count against the limit.</param>
    /// <exception cref="ApiException">Its key is missing or wrong, or the rate limit is exceeded.</exception>
    public void Enter(HttpContext context, bool works)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } body)
        {
            body.MaxRequestBodySize = _options.MaxBodyBytes;
        }
        string asker = Identify(context);
        if (!works || _rate is null)
        {
            return;
        }
        using RateLimitLease lease = _rate.AttemptAcquire(asker);
        if (!lease.IsAcquired)
        {
            TimeSpan pause = lease.TryGetMetadata(MetadataName.RetryAfter, out TimeSpan retry) ? retry : TimeSpan.FromSeconds(1);
            string seconds = Math.Max(1, Math.Ceiling(pause.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
            throw new ApiException(StatusCodes.Status429TooManyRequests,
                $"Taking a request: expected at most {_options.RequestsPerMinute} requests a minute (Serve:RequestsPerMinute), found more. Send it again in {seconds} s.",
                code: "rate_limit_exceeded")
            { RetryAfter = pause };
        }
    }

    /// <summary>The number of tokens requested, checked against the configured limit.</summary>
    /// <exception cref="ApiException">More tokens are requested than an answer may have.</exception>
    public int? AnswerTokens(int? asked) =>
        _options.MaxAnswerTokens == 0 ? asked
        : asked <= _options.MaxAnswerTokens ? asked
        : asked is null ? _options.MaxAnswerTokens
        : throw ApiException.Invalid($"Reading the field 'max_tokens': this server gives an answer at most {_options.MaxAnswerTokens} tokens (Serve:MaxAnswerTokens), found {asked}. Ask for fewer.", "max_tokens");

    /// <summary>Refuses a prompt, or any other text that a model reads, that exceeds the configured length.</summary>
    /// <param name="prompt">The text.</param>
    /// <param name="model">Who reads it.</param>
    /// <param name="field">The field of the request that it comes from; null for a prompt.</param>
    /// <exception cref="ApiException">It is too long.</exception>
    public Prompt Check(Prompt prompt, IModel model, string? field = null)
    {
        if (_options.MaxPromptTokens == 0)
        {
            return prompt;
        }
        IReadOnlyList<int> tokens = prompt.ToTokens(model.Tokenizer);
        return tokens.Count <= _options.MaxPromptTokens
            ? Prompt.FromTokens(tokens, prompt.ToSegments(model.Tokenizer)) with { IsConversation = prompt.IsConversation } // passed on as ids, so that it is tokenized only once
            : throw ApiException.Invalid(
                $"Reading {(field is null ? "the prompt" : $"the field '{field}'")}: this server takes at most {_options.MaxPromptTokens} tokens (Serve:MaxPromptTokens), found {tokens.Count}. Shorten it.", field ?? "prompt");
    }

    public void Dispose() => _rate?.Dispose();

    private string Identify(HttpContext context)
    {
        IPAddress? address = context.Connection.RemoteIpAddress;
        if (_keys.Any)
        {
            return _keys.Find(context.Request) is { } key ? $"key {key}" : throw Refused(context,
                "Taking a request: expected one of this server's API keys (Authorization: Bearer KEY, or x-api-key: KEY), found "
                + (context.Request.Headers.Authorization.Count + context.Request.Headers["x-api-key"].Count == 0 ? "none. Send one." : "another. Check the key."));
        }
        return _options.NoKey || address is null || IPAddress.IsLoopback(address) ? $"address {address}" : throw Refused(context,
            "Taking a request from another machine: this server has no API keys and answers its own machine alone. "
            + "Give it keys (Serve:ApiKeys), or set Serve:NoKey to answer everybody.");
    }

    private static ApiException Refused(HttpContext context, string sentence)
    {
        context.Response.OnStarting(() =>
        {
            context.Response.Headers.WWWAuthenticate = "Bearer";
            return Task.CompletedTask;
        });
        return new ApiException(StatusCodes.Status401Unauthorized, sentence, code: "invalid_api_key");
    }
}
