using System.Text;
using System.Text.Json;
using Engine.Api.Answers;
using Engine.Api.Endpoints;
using Engine.Api.Requests;
using Microsoft.AspNetCore.Http;

namespace Engine.Api.Texts;

/// <summary><c>POST /tokenize</c> and <c>POST /detokenize</c>.</summary>
internal sealed class TokenizeEndpoint(ModelCalls calls)
{
    public async Task TokenizeAsync(HttpContext context)
    {
        TokenizeRequest request = await JsonBody.ReadAsync(context, TextsJson.Api.TokenizeRequest).ConfigureAwait(false);
        string text = request.Text();
        TokenizedText answer = await calls.RunAsync(context, request.Model, call => AsideAsync(call, tokenizer => new TokenizedText(
            [.. tokenizer.Encode(text, request.AddSpecial ?? false, request.ParseSpecial ?? true)
                .Select(id => new ListedToken(id, request.WithPieces == true ? Piece(tokenizer, id) : null))]))).ConfigureAwait(false);
        await Errors.WriteJsonAsync(context, JsonSerializer.SerializeToUtf8Bytes(answer, TextsJson.Api.TokenizedText)).ConfigureAwait(false);
    }

    public async Task DetokenizeAsync(HttpContext context)
    {
        DetokenizeRequest request = await JsonBody.ReadAsync(context, TextsJson.Api.DetokenizeRequest).ConfigureAwait(false);
        List<int> tokens = request.Tokens ?? throw Check.Wrong("tokens", "token ids", "none");
        DetokenizedText answer = await calls.RunAsync(
            context, request.Model, call => AsideAsync(call, tokenizer => new DetokenizedText(tokenizer.Decode(tokens)))).ConfigureAwait(false);
        await Errors.WriteJsonAsync(context, JsonSerializer.SerializeToUtf8Bytes(answer, TextsJson.Api.DetokenizedText)).ConfigureAwait(false);
    }

    /// <summary>The bytes of a token's text; its name if it has no text.</summary>
    private static byte[] Piece(ITokenizer tokenizer, int id) =>
        tokenizer.GetBytes(id) is { IsEmpty: false } bytes ? bytes.ToArray() : Encoding.UTF8.GetBytes(tokenizer.GetPiece(id));

    // Tokenizing a long text cannot be cancelled, so it is abandoned.
    private static Task<T> AsideAsync<T>(ModelCall call, Func<ITokenizer, T> work)
    {
        ITokenizer tokenizer = call.Model.Tokenizer;
        return Task.Run(() => work(tokenizer), call.Ended).WaitAsync(call.Ended);
    }
}
